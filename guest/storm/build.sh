#!/bin/sh
# build.sh [OUT]: compiles the worker (default: storm.elf beside its source). Needs Debian 12's gcc-riscv64-linux-gnu; CI runs it and compares
# the result with the committed program.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
riscv64-linux-gnu-gcc -O2 -Wall -Wextra -march=rv64gc -mabi=lp64d -mno-relax -msmall-data-limit=0 -ffreestanding -fno-pie -fno-stack-protector -nostdlib -static -no-pie \
    -Wl,--no-relax,--build-id=none,-z,max-page-size=4096,-z,noexecstack,--no-warn-rwx-segments -s -o "${1:-$here/storm.elf}" "$here/storm.c"
