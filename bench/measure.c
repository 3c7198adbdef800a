// SPDX-License-Identifier: MIT OR Apache-2.0
/* Runs one command and says what it cost. It is a program of its own because the peak memory that
 * the kernel counts for a child includes that of whoever starts it, and this starts from little. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static int64_t microseconds(struct timeval time)
{
    return time.tv_sec * 1000000LL + time.tv_usec;
}

static _Noreturn void start(const char *output, char **command)
{
    int out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (out < 0 || dup2(out, STDOUT_FILENO) < 0) {
        fprintf(stderr, "measure: %s: %s\n", output, strerror(errno));
        _exit(126);
    }
    execvp(command[0], command);
    fprintf(stderr, "measure: %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: measure OUTPUT COMMAND [ARGUMENT]...\n"
                        "prints user_us system_us wall_us peak_kib status\n");
        return 2;
    }
    int64_t begin = now_us();
    pid_t child = fork();
    if (child < 0)
        return 4;
    if (child == 0)
        start(argv[1], argv + 2);
    struct rusage usage;
    int status;
    if (wait4(child, &status, 0, &usage) < 0)
        return 4;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    printf("%lld %lld %lld %ld %d\n", (long long)microseconds(usage.ru_utime),
           (long long)microseconds(usage.ru_stime), (long long)(now_us() - begin), usage.ru_maxrss,
           code);
    return 0;
}
