#!/bin/sh
# build.sh NAME HARTS OUT [FLAG...]: compiles the benchmark guest NAME.c for this many harts into an ELF. Needs Debian's gcc-riscv64-unknown-elf.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=$1 harts=$2 out=$3
shift 3
# Loops stay what they say: there is no C library whose memset they could become.
riscv64-unknown-elf-gcc -O2 -Wall -Wextra -march=rv64gc -mabi=lp64d -mcmodel=medany -ffreestanding -nostdlib -static \
    -fno-tree-loop-distribute-patterns \
    -DHARTS="$harts" "$@" -T "$here/guest.ld" -Wl,--build-id=none,--no-warn-rwx-segments -o "$out" "$here/start.S" "$here/$name.c" -lgcc
