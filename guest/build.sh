#!/bin/sh
# build.sh GUEST [OUT]: assembles GUEST/GUEST.S (hammer, stress) into a flat image (default: GUEST.bin beside its source).
# Needs Debian's binutils-riscv64-unknown-elf. CI runs it and compares the results with the committed images.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
guest=$1
out=${2:-$here/$guest/$guest.bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
riscv64-unknown-elf-as -march=rv64ima_zicsr_zihintpause -mabi=lp64 -mno-relax -I "$here" -o "$work/guest.o" "$here/$guest/$guest.S"
riscv64-unknown-elf-ld -T "$here/flat.ld" --build-id=none -o "$work/guest.elf" "$work/guest.o"
riscv64-unknown-elf-objcopy -O binary "$work/guest.elf" "$out"
