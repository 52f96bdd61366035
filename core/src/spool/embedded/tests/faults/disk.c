/* A disk that remembers, and one that fails: put before libc by LD_PRELOAD in a child of the tests.
 *
 * What is written under DISK_FOLDER goes into the log DISK_LOG in the order in which it happened: a
 * write before it is made, a sync when it begins and when it has ended, so that every prefix of the log
 * is a point at which the power may go. A sync that fails loses what was written since the last one, as
 * kernels do: it is read as if it were there, and is not on the disk. What is written to standard output is in it too.
 *
 * DISK_FAIL=CALL:PART:NTH:ERRNO:TIMES makes a call fail: CALL is write, sync, open or unlink, PART the end
 * of the file's name, NTH which call of them is the first to fail, TIMES how many of them do.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)
#define DESCRIPTORS 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *paths[DESCRIPTORS];
static uint64_t inodes[DESCRIPTORS];
static uint64_t tokens;
static int log_fd = -2;

static const char *folder(void) { return getenv("DISK_FOLDER"); }

static int is_ours(const char *path) {
    const char *under = folder();
    return under && path && !strncmp(path, under, strlen(under)) && !strstr(path, "-shm") && !strstr(path, "/lock");
}

static int ours(int fd) { return fd >= 0 && fd < DESCRIPTORS && paths[fd]; }

/* An entry: kind, inode, number, length of the data, data. */
static void entry(char kind, uint64_t inode, uint64_t number, const struct iovec *data, int count) {
    pthread_mutex_lock(&lock);
    if (log_fd == -2) {
        const char *path = getenv("DISK_LOG");
        log_fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    }
    if (log_fd >= 0) {
        uint32_t length = 0;
        for (int i = 0; i < count; i++) length += data[i].iov_len;
        char head[21];
        head[0] = kind;
        memcpy(head + 1, &inode, 8);
        memcpy(head + 9, &number, 8);
        memcpy(head + 17, &length, 4);
        char *whole = malloc(sizeof head + length), *at = whole;
        memcpy(at, head, sizeof head);
        at += sizeof head;
        for (int i = 0; i < count; i++) { memcpy(at, data[i].iov_base, data[i].iov_len); at += data[i].iov_len; }
        syscall(SYS_write, log_fd, whole, sizeof head + length);
        free(whole);
    }
    pthread_mutex_unlock(&lock);
}

static void named(char kind, uint64_t inode, uint64_t number, const char *path) {
    struct iovec data = { (void *)path, strlen(path) };
    entry(kind, inode, number, &data, 1);
}

/* Whether this call is to fail. */
static int fails(const char *call, const char *path) {
    static int seen;
    char which[16], part[64];
    int nth, error, times;
    const char *fail = getenv("DISK_FAIL");
    if (!fail || sscanf(fail, "%15[^:]:%63[^:]:%d:%d:%d", which, part, &nth, &error, &times) != 5) return 0;
    if (strcmp(which, call) || strlen(path) < strlen(part) || strcmp(path + strlen(path) - strlen(part), part)) return 0;
    int number = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
    if (number < nth || number >= nth + times) return 0;
    errno = error;
    return 1;
}

static int opened(int fd, const char *path, int existed) {
    if (fd < 0 || fd >= DESCRIPTORS || !is_ours(path)) return fd;
    struct stat stat;
    fstat(fd, &stat);
    inodes[fd] = stat.st_ino;
    paths[fd] = strdup(path);
    if (!existed) named('C', stat.st_ino, 0, path);
    return fd;
}

static int begin_open(const char *path, int flags) {
    if (!is_ours(path) || !(flags & O_CREAT)) return 1;
    if (fails("open", path)) return -1;
    struct stat stat;
    return !lstat(path, &stat);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        int mode = va_arg(rest, int); \
        va_end(rest); \
        int existed = begin_open(path, flags); \
        return existed < 0 ? -1 : opened(real(path, flags, mode), path, existed); \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    REAL(close);
    if (ours(fd)) { free(paths[fd]); paths[fd] = NULL; }
    return real(fd);
}

static int begin_write(int fd, const struct iovec *data, int count, off_t offset) {
    if (fd == 1) entry('A', 0, 0, data, count);
    if (!ours(fd)) return 0;
    if (fails("write", paths[fd])) return -1;
    entry('W', inodes[fd], offset < 0 ? lseek(fd, 0, SEEK_CUR) : offset, data, count);
    return 0;
}

ssize_t write(int fd, const void *data, size_t length) {
    REAL(write);
    struct iovec one = { (void *)data, length };
    return begin_write(fd, &one, 1, -1) ? -1 : real(fd, data, length);
}

ssize_t writev(int fd, const struct iovec *data, int count) {
    REAL(writev);
    return begin_write(fd, data, count, -1) ? -1 : real(fd, data, count);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    REAL(pwrite);
    struct iovec one = { (void *)data, length };
    return begin_write(fd, &one, 1, offset) ? -1 : real(fd, data, length, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) {
    REAL(pwrite64);
    struct iovec one = { (void *)data, length };
    return begin_write(fd, &one, 1, offset) ? -1 : real(fd, data, length, offset);
}

#define SYNC(name) \
    int name(int fd) { \
        REAL(name); \
        if (!ours(fd)) return real(fd); \
        if (fails("sync", paths[fd])) { \
            int error = errno; \
            named('L', inodes[fd], 0, paths[fd]); \
            errno = error; \
            return -1; \
        } \
        uint64_t token = __atomic_add_fetch(&tokens, 1, __ATOMIC_SEQ_CST); \
        named('B', inodes[fd], token, paths[fd]); \
        int result = real(fd); \
        if (!result) named('E', inodes[fd], token, paths[fd]); \
        return result; \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name) \
    int name(int fd, off_t length) { \
        REAL(name); \
        if (ours(fd)) entry('T', inodes[fd], length, NULL, 0); \
        return real(fd, length); \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

int unlink(const char *path) {
    REAL(unlink);
    if (is_ours(path)) {
        if (fails("unlink", path)) return -1;
        named('N', 0, 0, path);
    }
    return real(path);
}
