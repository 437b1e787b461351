"""A session with a running machine through the package qemu.qmp: python3 session.py SOCKET."""

import asyncio
import sys
import time

from qemu.qmp import ConnectError, EventListener, ExecuteError, QMPClient


async def refused(client: QMPClient, name: str, arguments: dict, error_class: str) -> None:
    """The command must be refused with an error of this class."""
    try:
        answer = await client.execute(name, arguments)
    except ExecuteError as error:
        assert error.error_class == error_class, error
    else:
        raise AssertionError(f"{name} was answered {answer}")


async def connected(client: QMPClient, socket: str) -> None:
    """Connects. A socket is there a moment before it takes connections."""
    end = time.monotonic() + 120
    while True:
        try:
            return await client.connect(socket)
        except ConnectError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.02)


async def main(socket: str) -> None:
    client = QMPClient("session")
    await connected(client, socket)
    status = await client.execute("query-status")
    assert status["status"] == "running", status
    events = ("STOP", "RESUME", "RESET", "DEVICE_DELETED", "SHUTDOWN")
    with client.listener(events) as listener:
        for command, event in (("stop", "STOP"), ("system_reset", "RESET"), ("cont", "RESUME")):
            await client.execute(command)
            assert (await next_event(listener))["event"] == event
        for _ in range(5):
            await client.execute("device_add", {"driver": "edu", "id": "e0", "bus": "rp0"})
            await refused(client, "device_add", {"driver": "edu", "id": "e0", "bus": "rp0"}, "GenericError")
            await client.execute("device_del", {"id": "e0"})
            gone = await next_event(listener)
            assert (gone["event"], gone["data"]["device"]) == ("DEVICE_DELETED", "e0"), gone
        await refused(client, "device_del", {"id": "e0"}, "DeviceNotFound")
        await refused(client, "nonsense", {}, "CommandNotFound")
        buses = await client.execute("query-pci")
        assert [device["qdev_id"] for device in buses[0]["devices"]] == ["host-bridge", "rp0"], buses
        assert len(await client.execute("query-cpus-fast")) == 2
        tree = await client.execute("human-monitor-command", {"command-line": "info mtree"})
        assert tree.startswith("address space memory\n"), tree
        await client.execute("quit")
        assert (await next_event(listener))["data"]["reason"] == "host-qmp-quit"
    try:
        await client.disconnect()
    except (EOFError, OSError):
        pass  # The machine has closed the connection first.


async def next_event(listener: EventListener) -> dict:
    """The next event; a machine that sends none fails the session."""
    return await asyncio.wait_for(listener.get(), 120)


asyncio.run(main(sys.argv[1]))
