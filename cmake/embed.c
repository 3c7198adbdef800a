// SPDX-License-Identifier: MIT OR Apache-2.0
/* Writes a C file that holds the Lua modules and the cdef as byte arrays (see lua/embedded.h).
 *
 *     embed OUTPUT CDEF MODULE.lua...
 *
 * Runs on the machine that builds. Each module is there twice: as text, and as bytecode with its
 * line numbers, which loads some twenty times as fast but only into the LuaJIT that made it. */
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn static void fail(const char *path, const char *problem)
{
    fprintf(stderr, "embed: %s: %s\n", path, problem);
    exit(1);
}

struct bytes {
    unsigned char *data;
    size_t len;
    size_t cap;
};

static void add(struct bytes *bytes, const void *data, size_t len)
{
    while (bytes->cap - bytes->len < len) {
        bytes->cap = bytes->cap ? 2 * bytes->cap : 65536;
        bytes->data = realloc(bytes->data, bytes->cap);
        if (!bytes->data)
            fail("memory", "ran out");
    }
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
}

static struct bytes read_all(const char *path)
{
    struct bytes out = {0};
    char buffer[16384];
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path, strerror(errno));
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, file)) > 0;)
        add(&out, buffer, got);
    if (ferror(file))
        fail(path, strerror(errno));
    fclose(file);
    add(&out, "", 1);
    out.len--;
    return out;
}

static int add_dumped(lua_State *L, const void *data, size_t len, void *out)
{
    (void)L;
    add(out, data, len);
    return 0;
}

static struct bytes compile(lua_State *L, const char *path, const struct bytes *text,
                            const char *name)
{
    struct bytes out = {0};
    char chunk[128];
    snprintf(chunk, sizeof chunk, "=%s", name);
    if (luaL_loadbuffer(L, (const char *)text->data, text->len, chunk) != 0)
        fail(path, lua_tostring(L, -1));
    lua_dump(L, add_dumped, &out);
    lua_pop(L, 1);
    return out;
}

static void write_array(FILE *out, const char *what, int index, const struct bytes *bytes)
{
    fprintf(out, "static const unsigned char %s_%d[] = {", what, index);
    for (size_t i = 0; i < bytes->len; i++)
        fprintf(out, "%s%u,", i % 32 ? "" : "\n", bytes->data[i]);
    fprintf(out, "\n0};\n");
}

/** "…/loader.lua" is palua.loader. */
static void name_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(out, size, "palua.%s", slash ? slash + 1 : path);
    char *dot = strrchr(out, '.');
    if (strcmp(dot, ".lua") != 0)
        fail(path, "a module's name ends with .lua");
    *dot = '\0';
}

static void write_modules(FILE *out, lua_State *L, char **paths, int count)
{
    struct bytes entries = {0};
    char name[96], entry[256];
    for (int i = 0; i < count; i++) {
        name_of(paths[i], name, sizeof name);
        struct bytes text = read_all(paths[i]);
        struct bytes code = compile(L, paths[i], &text, name);
        write_array(out, "text", i, &text);
        write_array(out, "code", i, &code);
        int len = snprintf(entry, sizeof entry, "    {\"%s\", text_%d, %zu, code_%d, %zu},\n", name,
                           i, text.len, i, code.len);
        add(&entries, entry, (size_t)len);
        free(text.data);
        free(code.data);
    }
    fprintf(out,
            "const struct embedded_module embedded_modules[] = {\n%.*s    {0, 0, 0, 0, 0},\n};\n",
            (int)entries.len, (const char *)entries.data);
    free(entries.data);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        fail("usage", "embed OUTPUT CDEF MODULE.lua...");
    FILE *out = fopen(argv[1], "w");
    lua_State *L = luaL_newstate();
    if (!out || !L)
        fail(argv[1], strerror(errno));
    luaL_openlibs(L);
    fprintf(out, "/* Made by cmake/embed.c. */\n#include \"lua/embedded.h\"\n\n");
    if (luaL_dostring(L, "return jit.version") != 0)
        fail("luajit", lua_tostring(L, -1));
    fprintf(out, "const char embedded_luajit[] = \"%s\";\n", lua_tostring(L, -1));
    struct bytes cdef = read_all(argv[2]);
    write_array(out, "cdef", 0, &cdef);
    fprintf(out, "const char *const embedded_cdef = (const char *)cdef_0;\n");
    fprintf(out, "const size_t embedded_cdef_size = %zu;\n", cdef.len);
    free(cdef.data);
    write_modules(out, L, argv + 3, argc - 3);
    lua_close(L);
    if (ferror(out) | fclose(out))
        fail(argv[1], "cannot be written");
    return 0;
}
