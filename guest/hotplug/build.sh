#!/bin/sh
# build.sh OUTDIR: builds a small riscv64 kernel with native PCIe hot-plug from Debian's kernel source; about 15 minutes on two cores.
#   OUTDIR/Image      the kernel, as a RISC-V Linux boot image
#   OUTDIR/config     its whole configuration: `fragment` beside this script on top of allnoconfig
#   OUTDIR/VERSIONS   the source package's version, then the sha256 of each file and of the fragment
# build.sh --check OUTDIR: only whether what is there is whole and of this fragment (exit status 0) or not.
#
# It needs a Debian host with gcc-riscv64-linux-gnu, make, flex, bison and bc, but not root, and installs nothing: apt fetches the source
# package and checks it as it checks every package. Environment: KERNEL_SOURCE (default linux-source-6.12), JOBS (default: all processors).
set -eu
LC_ALL=C
export LC_ALL
umask 022

say() { echo "build: $*"; }
die() { echo "build: $*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
fragment_sum() { sha256sum <"$here/fragment" | cut -d' ' -f1; }

whole() {
    [ -r "$1/VERSIONS" ] || return 1
    grep -q "^fragment $(fragment_sum)\$" "$1/VERSIONS" || return 1
    for file in Image config; do grep -q "^[0-9a-f]\{64\}  $file\$" "$1/VERSIONS" || return 1; done
    (cd "$1" && grep '^[0-9a-f]\{64\}  ' VERSIONS | sha256sum -c --quiet - >/dev/null 2>&1)
}
if [ "${1:-}" = --check ]; then whole "${2:?}"; exit; fi
[ $# -eq 1 ] || { echo "usage: $0 [--check] OUTDIR" >&2; exit 2; }
for tool in apt-get dpkg-deb riscv64-linux-gnu-gcc make flex bison bc xz tar; do
    command -v "$tool" >/dev/null 2>&1 || die "this host lacks '$tool'"
done

package=${KERNEL_SOURCE:-linux-source-6.12}
mkdir -p "$1" || die "cannot make $1"
out=$(cd "$1" && pwd)
# One at a time: whoever came first may have made it.
exec 9>"$out/.lock"
flock 9
if whole "$out"; then say "$out is whole"; exit; fi
work=$out/.work
trap 'status=$?; rm -rf "$work"; exit $status' EXIT
trap 'exit 130' INT HUP TERM
rm -rf "$work"
mkdir -p "$work/deb" "$work/tree"

say "fetching $package"
(cd "$work/deb" && apt-get -q -o Acquire::Retries=5 download "$package" >"$work/download.log" 2>&1) ||
    { tail -n 5 "$work/download.log" >&2; die "apt-get download $package failed (is the package's list fetched? apt-get update)"; }
deb=$(find "$work/deb" -name '*.deb' | head -n 1)
version=$(dpkg-deb -f "$deb" Version)
dpkg-deb --fsys-tarfile "$deb" | tar -x -O -f - --wildcards './usr/src/linux-source-*.tar.xz' | tar -x -J -C "$work/tree" --strip-components=1

kernel() { make -C "$work/tree" ARCH=riscv CROSS_COMPILE=riscv64-linux-gnu- KBUILD_BUILD_USER=manyhart KBUILD_BUILD_HOST=manyhart "$@"; }
say "configuring $version"
kernel -s KCONFIG_ALLCONFIG="$here/fragment" allnoconfig >"$work/config.log" 2>&1 || { tail -n 5 "$work/config.log" >&2; die "allnoconfig failed"; }
# An option that has lost its dependencies is dropped without a word; a later kernel may rename one.
lost=$(grep '^CONFIG_[A-Z0-9_]*=y' "$here/fragment" | while read -r line; do grep -qxF "$line" "$work/tree/.config" || echo "$line"; done)
[ -z "$lost" ] || die "the kernel does not take: $(echo $lost)"
say "building"
kernel -s -j "${JOBS:-$(nproc)}" Image >"$work/build.log" 2>&1 || { tail -n 20 "$work/build.log" >&2; die "the kernel does not build"; }

rm -f "$out/VERSIONS"
mv "$work/tree/arch/riscv/boot/Image" "$out/Image"
mv "$work/tree/.config" "$out/config"
chmod 644 "$out/Image"
{
    echo "$package $version"
    echo "fragment $(fragment_sum)"
    cd "$out" && sha256sum Image config
} >"$work/VERSIONS"
mv "$work/VERSIONS" "$out/VERSIONS"
say "made $out/Image: $(du -h "$out/Image" | cut -f1), $package $version"
