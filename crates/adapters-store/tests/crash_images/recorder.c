/* Records what a process writes to and syncs of the files under RECORD_UNDER, in order, to RECORD_TO.
 *
 * Preloaded (LD_PRELOAD), it stands before the C library's calls, so no tracing of processes has to be
 * allowed. A record: a letter (w: written, s: a sync begins, d: it is done), the thread, the place, the
 * lengths of path and bytes as 8 bytes each in this machine's order, then path and bytes. A write to
 * /dev/null is recorded too: that is how the process says where it is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int out = -1;

static void all(const void *bytes, size_t length) {
  const char *from = bytes;
  while (length > 0) {
    long some = syscall(SYS_write, out, from, length);
    if (some <= 0) abort();
    from += some;
    length -= (size_t)some;
  }
}

/* Whether the file is one to record; its path. */
static int wanted(int fd, char *path) {
  char link[64];
  const char *under = getenv("RECORD_UNDER");
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0 || !under) return 0;
  path[length] = 0;
  return strncmp(path, under, strlen(under)) == 0 || strcmp(path, "/dev/null") == 0;
}

/* With the lock held. */
static void record(char kind, const char *path, uint64_t place, const void *bytes, uint64_t length) {
  if (out < 0) {
    out = (int)syscall(SYS_openat, AT_FDCWD, getenv("RECORD_TO"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out < 0) abort();
  }
  uint64_t head[4] = {(uint64_t)syscall(SYS_gettid), place, strlen(path), length};
  all(&kind, 1);
  all(head, sizeof head);
  all(path, head[2]);
  all(bytes, length);
}

static uint64_t place_of(int fd) {
  struct stat file;
  if ((fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &file) == 0) return (uint64_t)file.st_size;
  off_t place = lseek(fd, 0, SEEK_CUR);
  return place < 0 ? 0 : (uint64_t)place;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  char path[PATH_MAX];
  if (!wanted(fd, path)) return syscall(SYS_write, fd, bytes, length);
  pthread_mutex_lock(&lock);
  record('w', path, place_of(fd), bytes, length);
  ssize_t written = syscall(SYS_write, fd, bytes, length);
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
  char path[PATH_MAX];
  if (!wanted(fd, path)) return syscall(SYS_writev, fd, pieces, count);
  ssize_t written = 0;
  for (int i = 0; i < count; i++) {
    ssize_t some = write(fd, pieces[i].iov_base, pieces[i].iov_len);
    if (some < 0) return written > 0 ? written : some;
    written += some;
    if ((size_t)some < pieces[i].iov_len) break;
  }
  return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t place) {
  char path[PATH_MAX];
  if (!wanted(fd, path)) return syscall(SYS_pwrite64, fd, bytes, length, place);
  pthread_mutex_lock(&lock);
  record('w', path, (uint64_t)place, bytes, length);
  ssize_t written = syscall(SYS_pwrite64, fd, bytes, length, place);
  pthread_mutex_unlock(&lock);
  return written;
}

/* What is written while a sync is under way need not be part of it. */
static int synced(int fd, long call) {
  char path[PATH_MAX];
  if (!wanted(fd, path)) return (int)syscall(call, fd);
  pthread_mutex_lock(&lock);
  record('s', path, 0, "", 0);
  pthread_mutex_unlock(&lock);
  int failed = (int)syscall(call, fd);
  if (failed == 0) {
    pthread_mutex_lock(&lock);
    record('d', path, 0, "", 0);
    pthread_mutex_unlock(&lock);
  }
  return failed;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }

int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }
