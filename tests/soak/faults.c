/* Preloaded into a process, lets writes and syncs of files below one folder fail as a full or a broken disk does.
 *
 * SOAK_CONTROL names a file of two 32-bit counters that every process shares, how many writes shall meet a full disk
 * (ENOSPC) and how many syncs a broken one (EIO); SOAK_LOG gets a line for each that did; SOAK_FOLDER is the folder.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static _Atomic int *ordered; /* full, broken */
static const char *folder, *seen;

__attribute__((constructor)) static void begin(void)
{
    const char *control = getenv("SOAK_CONTROL");
    const char *below = getenv("SOAK_FOLDER"), *log = getenv("SOAK_LOG");
    int file = control && below && log ? open(control, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    /* PostgreSQL writes its processes' titles over its first environment. */
    folder = strdup(below);
    seen = strdup(log);
    void *shared = mmap(NULL, 2 * sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared != MAP_FAILED)
        ordered = shared;
}

static int is_below(int descriptor, char *path)
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    size_t above = strlen(folder);
    if (length < 0)
        return 0;
    path[length] = 0;
    /* A lock file, written while a server starts, holds nothing of value. */
    return strncmp(path, folder, above) == 0 && path[above] == '/' && !strstr(path, "/postmaster.pid") &&
           !strstr(path, ".lock");
}

static void note(const char *error, const char *call, const char *path)
{
    char line[PATH_MAX + 200], name[16];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    prctl(PR_GET_NAME, name);
    int length = snprintf(line, sizeof line, "%ld.%03ld\t%d\t%s\t%s\t%s\t%s\n", (long)now.tv_sec, now.tv_nsec / 1000000,
                          (int)getpid(), name, error, call, path);
    /* By the kernel's own door: nothing of this passes through what stands below. */
    int file = (int)syscall(SYS_openat, AT_FDCWD, seen, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0)
        return;
    syscall(SYS_write, file, line, (size_t)length);
    syscall(SYS_close, file);
}

/* The error that this call shall meet, 0 for none. */
static int fault(int which, int descriptor, const char *call)
{
    char path[PATH_MAX];
    int before = errno, left = ordered ? atomic_load(&ordered[which]) : 0;
    if (left <= 0)
        return 0;
    int below = is_below(descriptor, path);
    errno = before;
    if (!below)
        return 0;
    while (left > 0 && !atomic_compare_exchange_weak(&ordered[which], &left, left - 1))
        ;
    if (left <= 0)
        return 0;
    note(which ? "EIO" : "ENOSPC", call, path);
    return which ? EIO : ENOSPC;
}

#define FAILING(which, type, name, parameters, arguments)                                                              \
    type name parameters                                                                                               \
    {                                                                                                                  \
        static type(*real) parameters;                                                                                 \
        if (!real)                                                                                                     \
            real = (type(*) parameters)dlsym(RTLD_NEXT, #name);                                                        \
        int error = fault(which, file, #name);                                                                         \
        if (!error)                                                                                                    \
            return real arguments;                                                                                     \
        errno = error;                                                                                                 \
        return -1;                                                                                                     \
    }

FAILING(0, ssize_t, write, (int file, const void *bytes, size_t size), (file, bytes, size))
FAILING(0, ssize_t, pwrite, (int file, const void *bytes, size_t size, off_t at), (file, bytes, size, at))
FAILING(0, ssize_t, pwrite64, (int file, const void *bytes, size_t size, off64_t at), (file, bytes, size, at))
FAILING(0, ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count))
FAILING(0, ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at))
FAILING(0, ssize_t, pwritev64, (int file, const struct iovec *parts, int count, off64_t at), (file, parts, count, at))
FAILING(1, int, fsync, (int file), (file))
FAILING(1, int, fdatasync, (int file), (file))

/* This one returns its error. */
int posix_fallocate(int file, off_t from, off_t size)
{
    static int (*real)(int, off_t, off_t);
    if (!real)
        real = (int (*)(int, off_t, off_t))dlsym(RTLD_NEXT, "posix_fallocate");
    int error = fault(0, file, "posix_fallocate");
    return error ? error : real(file, from, size);
}
