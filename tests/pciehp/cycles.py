#!/usr/bin/env python3
"""Plugs and unplugs devices in a guest whose kernel serves its slots natively (pciehp), again and again, with the PyPI package
qemu.qmp as the client; then looks for what leaked.

    cycles.py EMULATOR KERNEL INITRD FIRMWARE [--cycles N] [--ports N]

Each round plugs a device into every port, uses it from the guest's shell, and unplugs it. Ends with "N passed, 0 failed".
"""

import argparse
import asyncio
import os
import sys
import tempfile

from qemu.qmp import QMPClient

PATIENCE = 600.0


class Console:
    """The guest's console: lines in, everything it printed so far."""

    def __init__(self, process):
        self.process = process
        self.seen = ""
        self.used = 0
        self.news = asyncio.Event()

    async def read(self):
        while chunk := await self.process.stdout.read(4096):
            self.seen += chunk.decode(errors="replace")
            self.news.set()
        self.news.set()

    async def wait_for(self, text):
        async def found():
            while (at := self.seen.find(text, self.used)) < 0:
                self.news.clear()
                await self.news.wait()
            self.used = at + len(text)

        try:
            await asyncio.wait_for(found(), PATIENCE)
        except TimeoutError:
            sys.exit(f"no {text!r}; the last of the console:\n{self.seen[-3000:]}")

    async def run(self, line):
        start = len(self.seen)
        # The echo of what is typed does not hold the answer's line.
        self.process.stdin.write(f"{line}; echo STEP-$((6 * 7))\n".encode())
        await self.process.stdin.drain()
        await self.wait_for("STEP-42")
        return self.seen[start:]


async def wait_until(what, check):
    async def poll():
        while not await check():
            await asyncio.sleep(0.1)

    try:
        await asyncio.wait_for(poll(), PATIENCE)
    except TimeoutError:
        sys.exit(f"never: {what}")


async def deleted(listener, names):
    """Waits until each of these devices is said to be gone. That a guest takes long over it is said too, and no failure."""
    left = set(names)

    async def heard():
        async for event in listener:
            if event["event"] == "DEVICE_UNPLUG_GUEST_ERROR":
                print(f"still waiting: {event['data']}", flush=True)
                continue
            left.discard(event["data"].get("device"))
            if not left:
                return

    try:
        await asyncio.wait_for(heard(), PATIENCE)
    except TimeoutError:
        sys.exit(f"never gone: {sorted(left)}")


def resources(process):
    """Threads and open files."""
    return tuple(len(os.listdir(f"/proc/{process.pid}/{what}")) for what in ("task", "fd"))


async def play(options):
    with tempfile.TemporaryDirectory() as scratch:
        socket = f"{scratch}/qmp"
        disk = f"{scratch}/disk"
        with open(disk, "wb") as file:
            file.write(b"THE DISK".ljust(1 << 20, b"."))
        devices = []
        for port in range(options.ports):
            devices += ["-device", f"pcie-root-port,id=rp{port},chassis={port + 1},slot={port + 1}"]
            devices += ["-drive", f"file={disk},format=raw,if=none,id=d{port},readonly=on"]
        process = await asyncio.create_subprocess_exec(
            *options.emulator.split(),
            *["-M", "virt,aia=aplic-imsic", "-smp", "4", "-m", "512M", "-nographic", "-no-reboot"],
            *["-bios", options.firmware, "-kernel", options.kernel, "-initrd", options.initrd],
            # From userspace on the kernel's messages stay off the console: one could come in the middle of what is waited for.
            *["-append", "console=ttyS0 guest.mode=hotplug sysctl.kernel.printk=1"],
            *["-qmp", f"unix:{socket},server=on,wait=off"],
            *devices,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        console = Console(process)
        reader = asyncio.create_task(console.read())
        try:
            await cycles(options, process, console, socket)
            await process.stdin.drain()
            process.stdin.write(b"quit\n")
            if status := await asyncio.wait_for(process.wait(), PATIENCE):
                sys.exit(f"the emulator's exit status is {status}")
        finally:
            if process.returncode is None:
                process.kill()
            await reader


async def cycles(options, process, console, socket):
    await console.wait_for("HOTPLUG serving slots: the kernel does")
    client = QMPClient("cycles")
    await client.connect(socket)

    async def flat_view():
        view = await client.execute("human-monitor-command", {"command-line": "info mtree -f"})
        # The ranges, without the headings, which count generations and name spaces that are kept for the next device.
        return [line for line in view.splitlines() if line.startswith("  ")]

    async def tree():
        return await client.execute("human-monitor-command", {"command-line": "info mtree"})

    view_before = await flat_view()
    held_before = None
    done = 0
    while done < options.cycles:
        ports = range(min(options.ports, options.cycles - done))
        names = [f"hp{port}" for port in ports]
        for port in ports:
            disk = (port + done) % 2
            driver = {"driver": "virtio-blk-pci", "drive": f"d{port}"} if disk else {"driver": "virtio-rng-pci"}
            await client.execute("device_add", {"id": f"hp{port}", "bus": f"rp{port}", **driver})
        path = "/sys/bus/pci/devices/0000"

        async def all_there():
            count = await console.run(f"ls -d {path}:0[1-9]:00.0/virtio*/driver 2>/dev/null | wc -l")
            return f"\n{len(names)}\r\n" in count.replace("\r\r", "\r")

        await wait_until("all devices are there", all_there)

        # A driver is linked to its device before it is at work.
        async def answers(line, answer):
            return answer in (await console.run(line)).split("STEP-", 1)[1]

        for port in ports:
            if (port + done) % 2:
                read = f"head -c 8 /dev/$(ls {path}:0{port + 1}:00.0/virtio*/block); echo"
                await wait_until(f"port {port} reads its disk", lambda: answers(read, "THE DISK"))
        if any((port + done) % 2 == 0 for port in ports):
            read = "head -c 16 /dev/hwrng | hexdump -C"
            await wait_until("the entropy device answers", lambda: answers(read, "00000010"))
        with client.listener(("DEVICE_DELETED", "DEVICE_UNPLUG_GUEST_ERROR")) as events:
            for name in names:
                await client.execute("device_del", {"id": name})
            await deleted(events, names)
        done += len(names)
        print(f"{done} cycles", flush=True)

        async def view_as_before():
            return await flat_view() == view_before

        await wait_until("the flat view is as it was before", view_as_before)
        if held_before is None:
            # The first round makes what is kept for later ones; threads end a moment after their device.
            await asyncio.sleep(2)
            held_before = (len((await tree()).splitlines()), *resources(process))

        async def held_as_before():
            # Fewer, if one was still about to end when they were counted.
            held = (len((await tree()).splitlines()), *resources(process))
            return all(now <= before for now, before in zip(held, held_before))

        await wait_until(f"regions, threads and open files are {held_before} again", held_as_before)
    await client.disconnect()
    print(f"regions, threads and open files: {held_before}, after the first round and after the last")
    print(f"{done} passed, 0 failed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("emulator", help="the command, as in 'target/release/manyhart run'")
    parser.add_argument("kernel")
    parser.add_argument("initrd")
    parser.add_argument("firmware")
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--ports", type=int, default=4)
    asyncio.run(play(parser.parse_args()))


main()
