// SPDX-License-Identifier: MIT OR Apache-2.0
/* Makes a capture to measure with. The same options give the same bytes, on every machine. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/workload.h"

static const struct workload *const workloads[] = {&workload_mix, &workload_dns, &workload_oneshot,
                                                   &workload_bulk};
#define WORKLOAD_COUNT (sizeof workloads / sizeof workloads[0])

/* Options that are a number of the world: name, member, what it says. */
#define NUMBERS(X)                                                        \
    X(packets, "packets to make")                                         \
    X(size, "bytes of the file to stop at; K, M, G")                      \
    X(seed, "another seed, another capture")                              \
    X(rate, "packets per second on the capture's clock")                  \
    X(flows, "conversations at a time")                                   \
    X(names, "different host names")                                      \
    X(unique, "of 1,000 DNS questions, how many ask a name of their own") \
    X(clients, "who ask")                                                 \
    X(servers, "who answer")                                              \
    X(reorder, "of 1,000 TCP segments, how many come a little late")      \
    X(loss, "of 1,000 TCP segments, how many come again much later")      \
    X(duplicate, "of 1,000 TCP segments, how many come twice")

struct settings {
    const struct workload *workload;
    struct world_options options;
    const char *output;
    bool pcapng;
    bool nanoseconds;
};

static void usage(FILE *out)
{
    fprintf(out, "usage: generate WORKLOAD [--NAME=VALUE]... OUTPUT\n\nworkloads:\n");
    for (size_t i = 0; i < WORKLOAD_COUNT; i++)
        fprintf(out, "  %-10s %s\n", workloads[i]->name, workloads[i]->description);
    fprintf(out, "\noptions (defaults depend on the workload):\n"
                 "  --format     pcap or pcapng\n"
                 "  --precision  us or ns\n");
#define X(name, text) fprintf(out, "  --%-10s %s\n", #name, text);
    NUMBERS(X)
#undef X
    fprintf(out, "OUTPUT is a file, or - for stdout.\n");
}

static _Noreturn void refuse(const char *what, const char *value)
{
    fprintf(stderr, "generate: %s: %s (see generate --help)\n", what, value);
    exit(2);
}

static uint64_t parse_number(const char *name, const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    const char *units = "KMG";
    const char *unit = *end ? strchr(units, *end) : NULL;
    if (unit) {
        value <<= 10 * (unit - units + 1);
        end++;
    }
    if (end == text || *end || *text == '-')
        refuse(name, text);
    return value;
}

enum { OPT_FORMAT = 1, OPT_PRECISION, OPT_HELP, OPT_NUMBERS };
enum {
#define X(name, text) OPT_##name,
    OPT_FIRST_NUMBER = OPT_NUMBERS - 1,
    NUMBERS(X)
#undef X
};

static const struct option long_options[] = {{"format", required_argument, NULL, OPT_FORMAT},
                                             {"precision", required_argument, NULL, OPT_PRECISION},
                                             {"help", no_argument, NULL, OPT_HELP},
#define X(name, text) {#name, required_argument, NULL, OPT_##name},
                                             NUMBERS(X)
#undef X
                                                 {0}};

static bool choose(const char *option, const char *value, const char *usual, const char *other)
{
    if (strcmp(value, usual) != 0 && strcmp(value, other) != 0)
        refuse(option, value);
    return strcmp(value, other) == 0;
}

static void set(struct settings *settings, int option, const char *value)
{
    switch (option) {
    case OPT_FORMAT:
        settings->pcapng = choose("--format", value, "pcap", "pcapng");
        break;
    case OPT_PRECISION:
        settings->nanoseconds = choose("--precision", value, "us", "ns");
        break;
    case OPT_HELP:
        usage(stdout);
        exit(0);
#define X(name, text)                                                                            \
    case OPT_##name:                                                                             \
        settings->options.name = (__typeof__(settings->options.name))parse_number(#name, value); \
        break;
        NUMBERS(X)
#undef X
    default:
        exit(2);
    }
}

static const struct workload *find_workload(const char *name)
{
    for (size_t i = 0; i < WORKLOAD_COUNT; i++)
        if (strcmp(workloads[i]->name, name) == 0)
            return workloads[i];
    refuse("unknown workload", name);
}

static void parse(struct settings *settings, int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        usage(argc < 2 ? stderr : stdout);
        exit(argc < 2 ? 2 : 0);
    }
    settings->workload = find_workload(argv[1]);
    settings->options = settings->workload->defaults;
    argv[1] = argv[0];
    int option;
    while ((option = getopt_long(argc - 1, argv + 1, "", long_options, NULL)) != -1)
        set(settings, option, optarg);
    if (optind != argc - 2)
        refuse("OUTPUT is missing, or there is more than one", argv[0]);
    settings->output = argv[1 + optind];
    const struct world_options *options = &settings->options;
    if (!options->rate || !options->flows || !options->names || !options->clients ||
        !options->servers || options->rate > 1000000000)
        refuse("out of bounds", "rate, flows, names, clients and servers must be at least 1");
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    struct writer writer;
    struct world world;
    parse(&settings, argc, argv);
    writer_init(&writer, settings.output, settings.pcapng, settings.nanoseconds);
    world_init(&world, &settings.options, &writer);
    settings.workload->run(&world);
    fprintf(stderr, "%s: %" PRIu64 " packets, %" PRIu64 " bytes\n", settings.output,
            world.packet_count, writer.written);
    world_fini(&world);
    writer_fini(&writer);
    return 0;
}
