// SPDX-License-Identifier: MIT OR Apache-2.0
/** The executable: nothing but a name for the library's command line. */
#include <palua/palua.h>

int main(int argc, char **argv)
{
    return palua_main(argc, argv);
}
