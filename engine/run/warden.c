// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/warden.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/park.h"

#define TICK_NS 100000000L
#define BUDGET_NS INT64_C(30000000000) // until the configuration is read

struct warden {
    pthread_t thread;
    const struct warden_ops *ops;
    void *context;
    _Atomic(struct duty *) duties;
    _Atomic int64_t budget_ns;
    atomic_bool stopping;
    sigset_t before;      /**< the main thread's signal mask */
    pthread_mutex_t lock; /**< of what follows */
    bool reading;         /**< a thread may wait for input */
    pthread_t reader;
    uint32_t parked;
};

/** Interrupts a read. */
static int wake_signal(void)
{
    return SIGRTMIN;
}

void duty_begin(struct duty *duty, struct analysis *analysis)
{
    atomic_store_explicit(&duty->thread, pthread_self(), memory_order_relaxed);
    atomic_fetch_add_explicit(&duty->round, 1, memory_order_relaxed);
    atomic_store_explicit(&duty->analysis, analysis, memory_order_release);
}

void duty_begin_loading(struct duty *duty, const char *name)
{
    atomic_store_explicit(&duty->thread, pthread_self(), memory_order_relaxed);
    atomic_fetch_add_explicit(&duty->round, 1, memory_order_relaxed);
    atomic_store_explicit(&duty->loading, name, memory_order_release);
}

void duty_end(struct duty *duty)
{
    atomic_store_explicit(&duty->analysis, NULL, memory_order_release);
    atomic_store_explicit(&duty->loading, NULL, memory_order_release);
}

static int64_t cpu_of(pthread_t thread)
{
    clockid_t clock;
    struct timespec now;
    if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/** Whether the same call has been going on for longer than the budget. */
static bool is_stuck(struct duty *duty, int64_t budget_ns)
{
    const struct analysis *analysis = atomic_load_explicit(&duty->analysis, memory_order_acquire);
    if (duty->parked || (!analysis && !atomic_load_explicit(&duty->loading, memory_order_acquire)))
        return false;
    unsigned round = atomic_load_explicit(&duty->round, memory_order_relaxed);
    uint64_t progress = analysis && analysis->ops->progress ? analysis->ops->progress(analysis) : 0;
    int64_t cpu_ns = cpu_of(atomic_load_explicit(&duty->thread, memory_order_relaxed));
    if (round == duty->seen_round && progress == duty->seen_progress)
        return cpu_ns - duty->seen_cpu_ns > budget_ns;
    duty->seen_round = round;
    duty->seen_progress = progress;
    duty->seen_cpu_ns = cpu_ns;
    return false;
}

static void tell_stuck(const struct warden *warden, const struct analysis *analysis,
                       const char *loading)
{
    struct text what;
    text_init(&what);
    if (analysis)
        analysis->ops->whereabouts(analysis, &what);
    else
        text_add_format(&what, "%s: the top level", loading);
    fprintf(stderr,
            "palua: %s took more than %lld s of processor time (lua.time_budget); the run ends "
            "here\n",
            what.data, (long long)(atomic_load(&warden->budget_ns) / 1000000000));
    text_fini(&what);
}

/** Stops every thread that is stuck. @return whether one was */
static bool park_stuck(struct warden *warden)
{
    bool any = false;
    for (struct duty *duty = atomic_load(&warden->duties); duty; duty = duty->next) {
        if (!is_stuck(duty, atomic_load(&warden->budget_ns)))
            continue;
        struct analysis *analysis = atomic_load(&duty->analysis);
        const char *loading = atomic_load(&duty->loading);
        if (!analysis && !loading)
            continue; // it ended just now
        tell_stuck(warden, analysis, loading);
        if (!analysis)
            _exit(1); // nothing was gathered yet
        if (!park_thread(atomic_load(&duty->thread))) {
            fputs("palua: it cannot be stopped safely, so results are not shown\n", stderr);
            _exit(1);
        }
        duty->parked = true;
        analysis->report.parked = true;
        warden->parked++;
        any = true;
    }
    return any;
}

/** The rest of the run, in the place of the thread that is stuck. */
static void end_run(struct warden *warden)
{
    warden->ops->abandon(warden->context);
    while (!warden->ops->at_rest(warden->context, warden->parked)) {
        nanosleep(&(struct timespec){.tv_nsec = TICK_NS / 10}, NULL);
        park_stuck(warden);
    }
    // Nobody watches from here on, so the signals do again what they do by themselves.
    sigset_t left;
    sigemptyset(&left);
    sigaddset(&left, SIGINT);
    sigaddset(&left, SIGTERM);
    sigaddset(&left, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &left, NULL);
    alarm((unsigned)(2 * (atomic_load(&warden->budget_ns) / 1000000000)));
    warden->ops->end(warden->context);
}

static void interrupt_reader(struct warden *warden)
{
    pthread_mutex_lock(&warden->lock);
    if (warden->reading)
        pthread_kill(warden->reader, wake_signal());
    pthread_mutex_unlock(&warden->lock);
}

static void on_interrupt(int signal)
{
    if (interrupt_requested())
        _exit(128 + signal);
    interrupt_request();
    fputs("palua: interrupted: results are those of the packets so far; interrupt again to end at "
          "once\n",
          stderr);
}

static void *watch(void *argument)
{
    struct warden *warden = argument;
    sigset_t waited;
    sigemptyset(&waited);
    sigaddset(&waited, SIGINT);
    sigaddset(&waited, SIGTERM);
    sigaddset(&waited, wake_signal());
    while (!atomic_load(&warden->stopping)) {
        int signal = sigtimedwait(&waited, NULL, &(struct timespec){.tv_nsec = TICK_NS});
        if (signal == SIGINT || signal == SIGTERM)
            on_interrupt(signal);
        if (interrupt_requested())
            interrupt_reader(warden);
        if (signal < 0 && park_stuck(warden))
            end_run(warden);
    }
    return NULL;
}

static void on_wake(int signal)
{
    (void)signal; // that a read comes back is all that is wanted
}

/** Signals are blocked before the thread is there, so that it inherits that, as all others do. */
struct warden *warden_start(const struct warden_ops *ops, void *context)
{
    struct warden *warden = memory_zalloc(1, sizeof *warden);
    struct sigaction wake = {.sa_handler = on_wake};
    sigset_t blocked, all, mine;
    warden->ops = ops;
    warden->context = context;
    atomic_store(&warden->budget_ns, BUDGET_NS);
    pthread_mutex_init(&warden->lock, NULL);
    park_init();
    sigaction(wake_signal(), &wake, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &warden->before);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &mine);
    if (pthread_create(&warden->thread, NULL, watch, warden) != 0) {
        memory_free(warden);
        warden = NULL;
    }
    pthread_sigmask(SIG_SETMASK, &mine, NULL);
    return warden;
}

void warden_stop(struct warden *warden)
{
    if (!warden)
        return;
    atomic_store(&warden->stopping, true);
    pthread_kill(warden->thread, wake_signal());
    pthread_join(warden->thread, NULL);
    pthread_sigmask(SIG_SETMASK, &warden->before, NULL);
    for (struct duty *duty = atomic_load(&warden->duties), *next; duty; duty = next) {
        next = duty->next;
        memory_free(duty);
    }
    pthread_mutex_destroy(&warden->lock);
    memory_free(warden);
}

void warden_budget(struct warden *warden, int64_t budget_ns)
{
    if (warden)
        atomic_store(&warden->budget_ns, budget_ns);
}

struct duty *warden_duty(struct warden *warden)
{
    struct duty *duty = memory_zalloc(1, sizeof *duty);
    duty->next = atomic_load(&warden->duties);
    atomic_store(&warden->duties, duty);
    return duty;
}

void warden_begin_reading(struct warden *warden)
{
    pthread_mutex_lock(&warden->lock);
    warden->reader = pthread_self();
    warden->reading = true;
    pthread_mutex_unlock(&warden->lock);
}

void warden_end_reading(struct warden *warden)
{
    pthread_mutex_lock(&warden->lock);
    warden->reading = false;
    pthread_mutex_unlock(&warden->lock);
}
