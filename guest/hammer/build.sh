#!/bin/sh
# build.sh [OUT]: assembles the built-in guest into a flat image (default: hammer.bin beside this script).
# Needs Debian's binutils-riscv64-unknown-elf. CI runs it and compares the result with the committed image.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/hammer.bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
riscv64-unknown-elf-as -march=rv64ima_zicsr -mabi=lp64 -mno-relax -o "$work/hammer.o" "$here/hammer.S"
riscv64-unknown-elf-ld -T "$here/hammer.ld" --build-id=none -o "$work/hammer.elf" "$work/hammer.o"
riscv64-unknown-elf-objcopy -O binary "$work/hammer.elf" "$out"
