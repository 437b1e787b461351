#!/bin/sh
# fetch.sh OUTDIR: makes a riscv64 Linux guest from unmodified Debian packages.
#   OUTDIR/Image                the Debian kernel, as a RISC-V Linux boot image
#   OUTDIR/initramfs.cpio.gz    Debian's static busybox with ./init as /init, and the kernel's modules for the board's devices
#   OUTDIR/fw_dynamic.bin       OpenSBI
#   OUTDIR/init, OUTDIR/slots   what the initramfs holds as /init and /slots
#   OUTDIR/fetch.sh             this script, by which all that was made
#   OUTDIR/VERSIONS             package versions, then the sha256 of each file
# fetch.sh --check OUTDIR: only whether what is there is whole (exit status 0) or not.
#
# It needs a Debian host, but not root, and installs nothing: apt fetches riscv64 packages into a state directory of its
# own and checks their signatures against Debian's keyring.
# Environment: GUEST_SUITE (default trixie), GUEST_MIRROR (default: the archive this host's apt uses), GUEST_KEYRING.
set -eu
LC_ALL=C
export LC_ALL
umask 022

say() { echo "fetch: $*"; }
die() { echo "fetch: $*" >&2; exit 1; }

# Every file is there, is named in VERSIONS, and has its sum.
whole() {
    [ -r "$1/VERSIONS" ] || return 1
    for file in Image initramfs.cpio.gz fw_dynamic.bin init slots fetch.sh; do
        grep -q "^[0-9a-f]\{64\}  $file\$" "$1/VERSIONS" || return 1
    done
    (cd "$1" && grep '^[0-9a-f]\{64\} ' VERSIONS | sha256sum -c --quiet - >/dev/null 2>&1)
}
if [ "${1:-}" = --check ]; then whole "${2:?}"; exit; fi
[ $# -eq 1 ] || { echo "usage: $0 [--check] OUTDIR" >&2; exit 2; }

package_of() {
    case $1 in
        apt-get | apt-cache) echo apt ;;
        dpkg-deb) echo dpkg ;;
        xz) echo xz-utils ;;
        *) echo "$1" ;;
    esac
}
for tool in apt-get apt-cache dpkg-deb cpio gzip xz tar od sha256sum; do
    command -v "$tool" >/dev/null 2>&1 || die "this host lacks '$tool' (Debian package: $(package_of "$tool"))"
done
suite=${GUEST_SUITE:-trixie}
keyring=${GUEST_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
[ -r "$keyring" ] || die "no keyring at $keyring (Debian package: debian-archive-keyring)"

here=$(cd "$(dirname "$0")" && pwd)
[ -r "$here/init" ] && [ -r "$here/slots" ] || die "no init and slots beside this script"
mkdir -p "$1" || die "cannot make $1"
out=$(cd "$1" && pwd)
case $out in *[!A-Za-z0-9_./+-]*) die "apt takes no path like this: $out" ;; esac
work=$out/.work
trap 'status=$?; rm -rf "$work"; exit $status' EXIT
trap 'exit 130' INT HUP TERM

# The archive: what this host's apt already uses.
archive() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        sed 's#/*$##' | grep -v security | grep '/debian$' | head -n 1
}
mirror=${GUEST_MIRROR:-$(archive || true)}
if [ -z "$mirror" ]; then
    mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null |
        sed -n 's/^URIs:[ ]*//p; s/^deb[ ]\(\[[^]]*\][ ]*\)\{0,1\}\([^ ]*\) .*/\2/p' |
        tr ' ' '\n' | sed 's#/*$##' | grep -v security | grep '/debian$' | head -n 1) || true
fi
[ -n "$mirror" ] || die "no Debian archive in this host's apt configuration; set GUEST_MIRROR"

# An apt of our own, for riscv64.
rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$work/root" "$work/tree"
: >"$work/status"
cat >"$work/guest.sources" <<EOF
Types: deb
URIs: $mirror
Suites: $suite
Components: main
Architectures: riscv64
Targets: Packages
Languages: none
Signed-By: $keyring
EOF
cat >"$work/apt.conf" <<EOF
#clear APT::Architectures;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
APT::Architecture "riscv64";
APT::Architectures { "riscv64"; };
APT::Sandbox::User "$(id -un)";
APT::Update::Error-Mode "any";
Acquire::Retries "3";
Dir::Etc::SourceList "$work/guest.sources";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$work";
Dir::State::Lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
EOF
guest_apt() { apt-get -q -c "$work/apt.conf" "$@"; }
shown() { apt-cache -c "$work/apt.conf" show --no-all-versions "$1" 2>/dev/null | sed -n "s/^$2: //p" | head -n 1; }

say "reading the $suite index for riscv64"
guest_apt update >"$work/update.log" 2>&1 || { tail -n 5 "$work/update.log" >&2; die "apt-get update failed"; }
kernel_package=$(shown linux-image-riscv64 Depends | tr ',' '\n' | sed -n 's/^ *\(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
[ -n "$kernel_package" ] || die "$suite has no linux-image-riscv64 for riscv64"
# Newer suites put the image itself into a package that this one depends on.
parts=$(shown "$kernel_package" Depends | tr ',|' '\n\n' | sed -n 's/^ *\(linux-\(base\|binary\)-[0-9][^ (]*\).*/\1/p' | sort -u)
packages="$kernel_package $(echo $parts) busybox-static opensbi"
versions=
for package in $packages; do
    version=$(shown "$package" Version)
    [ -n "$version" ] || die "$suite has no package $package"
    versions="$versions$package $version
"
done

say "fetching $packages"
(cd "$work/debs" && guest_apt download $packages >"$work/download.log" 2>&1) ||
    { tail -n 5 "$work/download.log" >&2; die "apt-get download failed"; }

# Each behind what it needs; /init loads them in this order.
modules="virtio_mmio virtio_blk virtio-rng failover net_failover virtio_net uio uio_pci_generic crc16 crc32c_generic mbcache jbd2 ext4"
patterns=
for module in $modules; do patterns="$patterns ./*/$module.ko ./*/$module.ko.*"; done

for deb in "$work"/debs/busybox-static_*.deb "$work"/debs/opensbi_*.deb; do dpkg-deb -x "$deb" "$work/root"; done
# A kernel package is over 100 MB unpacked: take the image and these modules only. tar complains where a package has no such member.
kernel_debs=$(find "$work/debs" -name 'linux-*.deb')
set -f # the patterns are tar's
for deb in $kernel_debs; do
    dpkg-deb --fsys-tarfile "$deb" |
        tar -x -C "$work/root" -f - --wildcards './boot/vmlinu*' './*lib/modules/*/vmlinu*' $patterns 2>>"$work/tar.log" || true
done
set +f

# number of bytes at an offset, in od's notation
bytes() { od -An -v -t "$2" -j "$3" -N "$4" "$1" | tr -d ' \n'; }
kernel=$(find "$work/root" -type f -name 'vmlinu*' | head -n 1)
[ -n "$kernel" ] || { cat "$work/tar.log" >&2; die "no kernel image in $kernel_package"; }
if [ "$(bytes "$kernel" x1 0 2)" = 1f8b ]; then gzip -dc <"$kernel" >"$work/Image"; else cp "$kernel" "$work/Image"; fi
if [ "$(bytes "$work/Image" x1 4 4)" = 7a696d67 ]; then # an EFI "zimg": a compressed image inside a small loader
    start=$(bytes "$work/Image" u4 8 4)
    length=$(bytes "$work/Image" u4 12 4)
    method=$(dd if="$work/Image" bs=1 skip=24 count=16 2>/dev/null | tr -d '\000')
    case $method in
        gzip) unpack='gzip -dc' ;;
        zstd*) unpack='zstd -dcq' ;;
        xz*) unpack='xz -dc' ;;
        *) die "the kernel is compressed with '$method', which this script does not know" ;;
    esac
    command -v ${unpack%% *} >/dev/null || die "this host lacks '${unpack%% *}', which this kernel needs"
    tail -c +$((start + 1)) "$work/Image" | head -c "$length" | { $unpack 2>/dev/null || true; } >"$work/Image.plain"
    mv "$work/Image.plain" "$work/Image"
fi
[ "$(bytes "$work/Image" x1 56 4)" = 52534305 ] || die "$kernel is not a RISC-V Linux boot image"

busybox=$(find "$work/root" -type f -path '*/bin/busybox' | head -n 1)
[ -n "$busybox" ] || die "no busybox in busybox-static"
tree=$work/tree
mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/tmp"
cp "$busybox" "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
mkdir -p "$tree/lib/modules"
loaded=
for module in $modules; do
    file=$(find "$work/root" -type f -name "$module.ko*" | head -n 1)
    target=$tree/lib/modules/$module.ko
    case $file in
        *.ko) cp "$file" "$target" ;;
        *.ko.xz) xz -dc <"$file" >"$target" ;;
        *.ko.gz) gzip -dc <"$file" >"$target" ;;
        *.ko.zst) zstd -dcq <"$file" >"$target" ;;
        *) say "$kernel_package has no module $module: built in, or gone"; continue ;;
    esac
    for needed in $(tr '\000' '\n' <"$target" | sed -n 's/^depends=//p' | tr ',-' ' _'); do
        case " $loaded " in *" $needed "*) ;; *) die "module $module needs $needed before it" ;; esac
    done
    loaded="$loaded $(echo "$module" | tr - _)"
    echo "$module" >>"$tree/lib/modules/order"
done
[ "$here" = "$out" ] || cp "$here/init" "$here/slots" "$here/fetch.sh" "$out/"
cp "$here/init" "$here/slots" "$tree/"
chmod 755 "$tree/init" "$tree/bin/busybox"
find "$tree" -exec touch -h -d @0 {} +
(cd "$tree" && find . | sort | cpio --quiet -o -H newc -R 0:0 --reproducible | gzip -9n) >"$work/initramfs.cpio.gz"

firmware=$(find "$work/root" -type f -path '*/opensbi/generic/fw_dynamic.bin' | grep riscv64 | head -n 1)
[ -n "$firmware" ] || die "no fw_dynamic.bin in the opensbi package"
cp "$firmware" "$work/fw_dynamic.bin"

rm -f "$out/VERSIONS"
mv "$work/Image" "$work/initramfs.cpio.gz" "$work/fw_dynamic.bin" "$out/"
{
    printf '%s' "$versions"
    cd "$out" && sha256sum Image initramfs.cpio.gz fw_dynamic.bin init slots fetch.sh
} >"$work/VERSIONS"
mv "$work/VERSIONS" "$out/VERSIONS"
say "made $out: $(du -sh --exclude=.work "$out" | cut -f1), $kernel_package"
