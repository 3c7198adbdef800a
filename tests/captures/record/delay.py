#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A UDP relay that takes its time: from 127.0.0.1:5301 to a server, each datagram held for 2 to 120 ms (log-uniform, seeded)."""
import asyncio
import random
import sys

SERVER = (sys.argv[1], 53)
chance = random.Random(2)


class Upstream(asyncio.DatagramProtocol):
    def __init__(self, reply):
        self.reply = reply

    def datagram_received(self, data, _):
        self.reply(data)
        self.transport.close()

    def connection_made(self, transport):
        self.transport = transport


class Relay(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, client):
        asyncio.ensure_future(self.relay(data, client))

    async def relay(self, data, client):
        await asyncio.sleep(0.002 * 60 ** chance.random())
        loop = asyncio.get_running_loop()
        upstream, _ = await loop.create_datagram_endpoint(
            lambda: Upstream(lambda answer: self.transport.sendto(answer, client)), remote_addr=SERVER)
        upstream.sendto(data)


async def main():
    await asyncio.get_running_loop().create_datagram_endpoint(Relay, local_addr=("127.0.0.1", 5301))
    await asyncio.Event().wait()


asyncio.run(main())
