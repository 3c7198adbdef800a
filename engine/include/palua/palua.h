/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** libpalua for programs that embed it. */
#ifndef PALUA_PALUA_H
#define PALUA_PALUA_H

#ifdef __cplusplus
extern "C" {
#endif

/** "0.1.0". Any thread. */
__attribute__((visibility("default"))) const char *palua_version(void);

/** The whole command line of palua(1): reads captures, runs analyses, writes results and messages
 * to the process's standard streams. SIGPIPE is ignored from then on. Once at a time in a process.
 * @return the exit status: 0 fine; 1 a script or plugin failed; 2 usage; 3 a capture was damaged or
 * cut short; 4 cannot read or write */
__attribute__((visibility("default"))) int palua_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif
#endif
