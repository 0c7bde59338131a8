/* detect.c - the detectors: the process, the host and its operating system, this instance of the service. */
#include "sdk/common/detect.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "sdk/base/random.h"
#include "sdk/base/text.h"

/* The start of a small file, up to its first newline where line is set; empty where it cannot be read. */
static size_t read_file(const char *path, char *out, size_t size, bool line)
{
    size_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) {
        for (ssize_t more = 1; more > 0 && got < size - 1; got += more > 0 ? (size_t)more : 0)
            more = read(fd, out + got, size - 1 - got);
        close(fd);
    }
    out[got] = '\0';
    if (line)
        out[got = strcspn(out, "\r\n")] = '\0';
    return got;
}

/* Names of files and users may be anything; what is not UTF-8 is marked. */
static void set_bytes(weft__resource *resource, const char *key, const char *text, size_t size)
{
    char *repaired = malloc(3 * size + 1);
    if (repaired == NULL)
        return;
    repaired[weft__utf8_repair(repaired, text, size)] = '\0';
    weft__resource_set_text(resource, key, repaired);
    free(repaired);
}

static void detect_executable(weft__resource *resource)
{
    static const char DELETED[] = " (deleted)";
    char path[PATH_MAX];
    ssize_t got = readlink("/proc/self/exe", path, sizeof path - 1);
    if (got <= 0)
        return;
    size_t size = (size_t)got, mark = sizeof DELETED - 1;
    path[size] = '\0';
    if (size > mark && strcmp(path + size - mark, DELETED) == 0)
        path[size -= mark] = '\0';
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    set_bytes(resource, "process.executable.path", path, size);
    set_bytes(resource, "process.executable.name", name, strlen(name));
}

/* From the file alone: the resolver of names may ask the network. */
static void detect_owner(weft__resource *resource)
{
    FILE *file = fopen("/etc/passwd", "re");
    char line[512];
    unsigned long user = geteuid();
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *name_end = strchr(line, ':');
        char *password_end = name_end != NULL ? strchr(name_end + 1, ':') : NULL;
        if (password_end != NULL && isdigit((unsigned char)password_end[1]) &&
            strtoul(password_end + 1, NULL, 10) == user) {
            set_bytes(resource, "process.owner", line, (size_t)(name_end - line));
            break;
        }
    }
    if (file != NULL)
        fclose(file);
}

/* Clock ticks between the boot and the start of this process: field 22, counted from behind the command's name, which
 * may hold anything. */
static bool read_start_ticks(unsigned long long *ticks)
{
    char stat[1024];
    read_file("/proc/self/stat", stat, sizeof stat, false);
    char *at = strrchr(stat, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    *ticks = at != NULL ? strtoull(at, NULL, 10) : 0;
    return *ticks != 0;
}

static void detect_creation_time(weft__resource *resource)
{
#if defined(CLOCK_BOOTTIME)
    unsigned long long ticks;
    long rate = sysconf(_SC_CLK_TCK);
    struct timespec now, up;
    if (rate <= 0 || !read_start_ticks(&ticks) || clock_gettime(CLOCK_REALTIME, &now) != 0 ||
        clock_gettime(CLOCK_BOOTTIME, &up) != 0)
        return;
    int64_t started = (int64_t)(ticks * 1000 / (unsigned long long)rate);
    int64_t ms = ((int64_t)now.tv_sec - up.tv_sec) * 1000 + (now.tv_nsec - up.tv_nsec) / 1000000 + started;
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    char text[64], date[40];
    if (gmtime_r(&seconds, &utc) == NULL || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
        return;
    snprintf(text, sizeof text, "%s.%03dZ", date, (int)(ms % 1000));
    weft__resource_set_text(resource, "process.creation.time", text);
#else
    (void)resource;
#endif
}

static void detect_process(weft__resource *resource)
{
    weft__resource_set(
        resource, &(const weft_attribute){ .key = "process.pid", .key_size = WEFT_NUL, .value = weft_int(getpid()) });
    detect_executable(resource);
    detect_owner(resource);
    detect_creation_time(resource);
}

static const char *architecture(const char *machine)
{
    static const struct {
        const char *machine, *name;
    } NAMES[] = {
        { "x86_64", "amd64" }, { "amd64", "amd64" }, { "aarch64", "arm64" }, { "arm64", "arm64" }, { "armv", "arm32" },
        { "i386", "x86" },     { "i486", "x86" },    { "i586", "x86" },      { "i686", "x86" },    { "ppc64", "ppc64" },
        { "ppc", "ppc32" },    { "s390x", "s390x" }, { "ia64", "ia64" },
    };
    for (size_t i = 0; i < WEFT_COUNT_OF(NAMES); i++)
        if (strncmp(machine, NAMES[i].machine, strlen(NAMES[i].machine)) == 0)
            return NAMES[i].name;
    return machine; /* the list is open */
}

/* 32 digits, or it is not an id ("uninitialized" is allowed in images). */
static void detect_host_id(weft__resource *resource)
{
    static const char *const PATHS[] = { "/etc/machine-id", "/var/lib/dbus/machine-id" };
    for (size_t i = 0; i < WEFT_COUNT_OF(PATHS); i++) {
        char id[64];
        if (read_file(PATHS[i], id, sizeof id, true) == 32 && strspn(id, "0123456789abcdef") == 32) {
            weft__resource_set_text(resource, "host.id", id);
            return;
        }
    }
}

/* The value of a line NAME=value or NAME="value" of os-release(5). */
static void find_release(const char *release, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    out[0] = '\0';
    for (const char *line = release; line != NULL && line[0] != '\0'; line = strchr(line, '\n')) {
        line += line[0] == '\n';
        if (strncmp(line, name, length) != 0 || line[length] != '=')
            continue;
        const char *value = line + length + 1;
        size_t quoted = *value == '"' || *value == '\'';
        weft__copy_out(out, size, value + quoted, strcspn(value + quoted, quoted ? "\"'\n" : "\n"));
        return;
    }
}

static const char *system_type(const char *system, char *out, size_t size)
{
    if (strcmp(system, "SunOS") == 0)
        return "solaris";
    if (strcmp(system, "DragonFly") == 0)
        return "dragonflybsd";
    weft__copy_out(out, size, system, strlen(system));
    for (char *c = out; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return out;
}

static void detect_host(weft__resource *resource)
{
    struct utsname system;
    char name[256] = "", release[4096], text[160], description[512], type[64];
    if (gethostname(name, sizeof name - 1) == 0)
        set_bytes(resource, "host.name", name, strlen(name));
    detect_host_id(resource);
    if (uname(&system) < 0)
        return;
    weft__resource_set_text(resource, "host.arch", architecture(system.machine));
    weft__resource_set_text(resource, "os.type", system_type(system.sysname, type, sizeof type));
    if (read_file("/etc/os-release", release, sizeof release, false) == 0)
        read_file("/usr/lib/os-release", release, sizeof release, false);
    find_release(release, "NAME", text, sizeof text);
    set_bytes(resource, "os.name", text, strlen(text));
    find_release(release, "VERSION_ID", text, sizeof text);
    set_bytes(resource, "os.version", text, strlen(text));
    find_release(release, "PRETTY_NAME", text, sizeof text);
    snprintf(description, sizeof description, "%s%s%.80s %.80s %.40s%s", text, text[0] != '\0' ? " (" : "",
             system.sysname, system.release, system.machine, text[0] != '\0' ? ")" : "");
    set_bytes(resource, "os.description", description, strlen(description));
}

/* A random UUID, version 4 (RES-15). */
static void detect_service(weft__resource *resource)
{
    static const uint8_t GROUPS[] = { 4, 2, 2, 2, 6 };
    weft__random random = { .step = 0 };
    uint8_t bytes[16];
    char text[37];
    weft__random_seed(&random);
    uint64_t numbers[2] = { weft__random_next(&random), weft__random_next(&random) };
    memcpy(bytes, numbers, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    char *out = text;
    const uint8_t *in = bytes;
    for (size_t i = 0; i < sizeof GROUPS; in += GROUPS[i++]) {
        weft__hex_put(out, in, GROUPS[i]);
        out += 2 * GROUPS[i];
        *out++ = '-';
    }
    out[-1] = '\0';
    weft__resource_set_text(resource, "service.instance.id", text);
}

const weft__detector weft__detectors[] = {
    { "host", WEFT__SCHEMA_URL, detect_host },
    { "process", WEFT__SCHEMA_URL, detect_process },
    { "service", WEFT__SCHEMA_URL, detect_service },
    { NULL, NULL, NULL },
};
