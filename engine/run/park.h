// SPDX-License-Identifier: MIT OR Apache-2.0
/** Stopping a thread for good where it stands. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

/** Once, before park_thread. */
void park_init(void);

/** Stops a thread if it executes Lua's own code, compiled or interpreted; nowhere else may it be
 * stopped, as it could hold a lock or have left something half done.
 * @return false if it did not come by such a place within about a second; it goes on then */
bool park_thread(pthread_t thread);
