# shellcheck shell=bash
# Part of scripts/build-image: puts the assistant into a stock Raspberry Pi OS Lite image. Its kernel, firmware and network
# stay its own; only missing libraries are added.
image=$out/assistant-raspios-arm64.img
say "Unpacking $(basename -- "$from")"
if [ -e "$from.sha256" ]; then (cd -- "$(dirname -- "$from")" && sha256sum --quiet -c "$from.sha256") || fail "$from is damaged"; fi
case $from in *.xz) xz -dc -- "$from" > "$image" ;; *) cp --sparse=always -- "$from" "$image" ;; esac
[ "$(sfdisk --quiet -lo Type "$image" | tail -n +2 | wc -l)" = 2 ] || fail "$from: not the two partitions of Raspberry Pi OS"
check_root() { # WHAT TO SAY : repairs what little there may be; a file system that is still being let go is waited for
    local status
    for _ in $(seq 30); do
        status=0
        e2fsck -fy "$loop" > "$work/fsck" 2>&1 || status=$?
        if [ "$status" -lt 4 ]; then return; fi
        [ "$status" = 8 ] || break
        sleep 1
    done
    fail "$1: $(tail -n 3 "$work/fsck")"
}
more=$(($(du -sm "$work/release" | cut -f1) + $(du -smL "$work/models" | cut -f1) + 200))
truncate -s "+${more}M" "$image"
printf ', +\n' | sfdisk --quiet -N 2 "$image"
read -r start sectors < <(sfdisk --json "$image" | python3 -c '
import json, sys
root = json.load(sys.stdin)["partitiontable"]["partitions"][1]
print(root["start"], root["size"])')
boot_at=$(sfdisk --json "$image" | python3 -c 'import json, sys; print(json.load(sys.stdin)["partitiontable"]["partitions"][0]["start"] * 512)')
loop=$(losetup --find --show --offset $((start * 512)) --sizelimit $((sectors * 512)) "$image")
check_root "its root file system is damaged"
resize2fs "$loop" 2> /dev/null
mkdir "$work/root"
mount -o noatime "$loop" "$work/root"
mounted=$work/root
[ -x "$work/root/usr/bin/python3.13" ] || fail "$from has no Python 3.13: take Raspberry Pi OS Lite (64-bit) that is based on Debian trixie"
[ ! -e "$work/root/opt/assistant/venv" ] || fail "$from has the assistant already"

say "Libraries that it lacks"
emulate
wanted=(libportaudio2 libatomic1 libgomp1 alsa-utils espeak-ng avahi-daemon ca-certificates)
# python3-lgpio, for what is wired to the header, is part of Raspberry Pi OS Lite.
inside() { chroot "$work/root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
lacking=()
for package in "${wanted[@]}"; do
    inside dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || lacking+=("$package")
done
if [ ${#lacking[@]} -gt 0 ]; then
    mount -t proc proc "$work/root/proc"
    cp -P --preserve=all "$work/root/etc/resolv.conf" "$work/resolv.conf" 2> /dev/null || true
    rm -f "$work/root/etc/resolv.conf"
    cp -L /etc/resolv.conf "$work/root/etc/resolv.conf"
    printf '#!/bin/sh\nexit 101\n' > "$work/root/usr/sbin/policy-rc.d" # nothing is started in here
    chmod 755 "$work/root/usr/sbin/policy-rc.d"
    inside apt-get -q update > "$work/apt.log" || fail "apt-get update inside of the image: $(tail -n 3 "$work/apt.log")"
    plan=$(inside apt-get -s install --no-install-recommends "${lacking[@]}")
    if touched=$(grep -E '^(Inst (linux-|raspi-firmware|rpi-eeprom|firmware-|network-manager|[^ ]+ \[)|Remv )' <<< "$plan"); then
        fail "this would change what is Raspberry Pi OS's own: $touched"
    fi
    inside apt-get -q -y install --no-install-recommends "${lacking[@]}" >> "$work/apt.log" || fail "$(tail -n 5 "$work/apt.log")"
    inside apt-get clean
    rm -rf "$work/root/usr/sbin/policy-rc.d" "$work/root/etc/resolv.conf" "$work/root/var/lib/apt/lists/"*
    if [ -e "$work/resolv.conf" ] || [ -L "$work/resolv.conf" ]; then
        cp -P --preserve=all "$work/resolv.conf" "$work/root/etc/resolv.conf"
    fi
    umount "$work/root/proc"
fi

say "The assistant"
for file in systemd/journald.conf.d systemd/system.conf.d sysctl.d; do
    install -D -m 0644 -t "$work/root/etc/$file" "$clone/scripts/image/overlay/etc/$file"/*
done
"${install[@]}" --root "$work/root"
place_state "$work/root"
host=$(cat "$work/root/etc/hostname")
echo assistant > "$work/root/etc/hostname"
sed -i "s/\\b$host\\b/assistant/" "$work/root/etc/hosts"
settle_system "$work/root"
echo uninitialized > "$work/root/etc/machine-id"
umount "$work/root"
mounted=''
check_root "the root file system did not survive"
zerofree "$loop"
losetup -d "$loop"
loop=''

say "The boot partition"
mcopy -n -i "$image@@$boot_at" ::/cmdline.txt "$work/cmdline.txt"
# Everything of its own stays, "resize" too; MemoryMax needs the memory controller.
grep -q cgroup_enable=memory "$work/cmdline.txt" || sed -i '1s/$/ cgroup_enable=memory/' "$work/cmdline.txt"
sed 's/$/\r/' "$clone/systemd/boot/assistant.txt" > "$work/assistant.txt"
mcopy -o -i "$image@@$boot_at" "$work/cmdline.txt" "$work/assistant.txt" ::/
finish "$image"
