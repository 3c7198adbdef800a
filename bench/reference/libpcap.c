// SPDX-License-Identifier: MIT OR Apache-2.0
/* What does libpcap's empty loop cost? Packets and bytes, by pcap_loop: the price of admission of
 * most tools. */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

struct totals {
    uint64_t packets;
    uint64_t bytes;
};

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct totals *totals = (struct totals *)(void *)user;
    (void)bytes;
    totals->packets++;
    totals->bytes += header->len;
}

int main(int argc, char **argv)
{
    char problem[PCAP_ERRBUF_SIZE];
    struct totals totals = {0};
    pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], problem) : NULL;
    if (!pcap) {
        fprintf(stderr, "%s\n", argc == 2 ? problem : "usage: libpcap FILE");
        return 4;
    }
    pcap_loop(pcap, -1, count, (u_char *)&totals);
    pcap_close(pcap);
    printf("packets %" PRIu64 "\nbytes %" PRIu64 "\n", totals.packets, totals.bytes);
    return 0;
}
