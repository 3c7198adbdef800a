// SPDX-License-Identifier: MIT OR Apache-2.0
#include "sink/target.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/memory.h"
#include "sink/sheet.h"

void target_init(struct target *target, int fd, bool owned, const char *path)
{
    *target = (struct target){
        .fd = fd, .owned = owned, .path = memory_strdup(path), .stream = SHEET_NO_STREAM};
}

void target_fini(struct target *target)
{
    // A file on the network may report a full disk only now.
    if (target->owned && close(target->fd) != 0 && errno != EINTR && !target->problem)
        target->problem = errno;
    text_fini(&target->text);
    memory_free(target->path);
    target->path = NULL;
}

/** What a failed write means. @return whether to try again */
static bool write_failed(struct target *target)
{
    if (errno == EINTR)
        return true;
    if (errno == EAGAIN) { // somebody made the descriptor they gave us non-blocking
        struct pollfd wait = {.fd = target->fd, .events = POLLOUT};
        return poll(&wait, 1, -1) >= 0 || errno == EINTR;
    }
    if (errno == EPIPE)
        target->closed = true;
    else
        target->problem = errno;
    return false;
}

static void put(struct target *target, const char *data, size_t len)
{
    target->written = target->written || len > 0;
    while (len && !target->closed && !target->problem) {
        ssize_t done = write(target->fd, data, len);
        if (done < 0) {
            if (!write_failed(target))
                return;
            continue;
        }
        data += done;
        len -= (size_t)done;
    }
}

void target_flush(struct target *target)
{
    if (!target->text.len)
        return;
    put(target, target->text.data, target->text.len);
    text_clear(&target->text);
}

void target_write(struct target *target, const char *data, size_t len)
{
    target_flush(target);
    put(target, data, len);
}
