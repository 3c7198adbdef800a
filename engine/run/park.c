// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/park.h"

#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { RANGE_CAP = 512, TRIES = 1000 };

/** Code that a thread must not be stopped in: every module's but LuaJIT's. What LuaJIT compiled is
 * in no module. */
static struct {
    uintptr_t from, to;
} ranges[RANGE_CAP];
static unsigned range_count;
static bool complete; // all ranges are known

enum outcome { WAITING, PARKED, REFUSED };
static atomic_int outcome;

static int add_module(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    if (strstr(info->dlpi_name, "libluajit"))
        return 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
            continue;
        if (range_count == RANGE_CAP)
            return 1;
        ranges[range_count].from = info->dlpi_addr + header->p_vaddr;
        ranges[range_count++].to = info->dlpi_addr + header->p_vaddr + header->p_memsz;
    }
    return 0;
}

/** 0 where this is not known for the machine. */
static uintptr_t place_of(const void *context)
{
#if defined(__x86_64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

static bool may_stop(uintptr_t place)
{
    if (!complete || !place)
        return false;
    for (unsigned i = 0; i < range_count; i++)
        if (place >= ranges[i].from && place < ranges[i].to)
            return false;
    return true;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    if (!may_stop(place_of(context))) {
        atomic_store(&outcome, REFUSED);
        return;
    }
    atomic_store(&outcome, PARKED);
    for (;;)
        pause();
}

void park_init(void)
{
    range_count = 0;
    complete = dl_iterate_phdr(add_module, NULL) == 0;
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    sigaction(SIGRTMIN + 1, &action, NULL);
}

static void wait_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

bool park_thread(pthread_t thread)
{
    for (int i = 0; i < TRIES; i++) {
        atomic_store(&outcome, WAITING);
        if (pthread_kill(thread, SIGRTMIN + 1) != 0)
            return false;
        for (int k = 0; k < TRIES && atomic_load(&outcome) == WAITING; k++)
            wait_a_little();
        if (atomic_load(&outcome) != REFUSED)
            return atomic_load(&outcome) == PARKED;
        wait_a_little();
    }
    return false;
}
