/*
 * What both C loops do alike, so that they differ in nothing but the way they wait: the listener, counting
 * request heads in the bytes received, and the fixed answer, whose headers and size are those of the Http
 * sample's GET /plaintext. With ECHO defined they send back what they receive instead.
 *
 * A baseline, not a server: no parsing, no routing, one thread, loopback only.
 */
#ifndef PLAINTEXT_H
#define PLAINTEXT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER                                                                                                         \
    "HTTP/1.1 200 OK\r\n"                                                                                              \
    "Server: Reactor\r\n"                                                                                              \
    "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"                                                                          \
    "Content-Type: text/plain\r\n"                                                                                     \
    "Content-Length: 13\r\n"                                                                                           \
    "\r\n"                                                                                                             \
    "Hello, World!"

enum {
    CONNECTIONS = 20000,
    RESERVED_FDS = 64, /* standard streams, listener, epoll set, and some air */
    MAX_FDS = CONNECTIONS + RESERVED_FDS,
    RECEIVE_BYTES = 16 * 1024,
    ANSWER_BYTES = sizeof(ANSWER) - 1,
    ANSWERS_IN_ONE_SEND = 512, /* more than 16 KiB of real requests can ask for */
};

static char receive_buffer[RECEIVE_BYTES];
static char answers[ANSWERS_IN_ONE_SEND * ANSWER_BYTES];

/* For each fd, how many bytes of "\r\n\r\n" the input received so far ends with (0 to 3). */
static unsigned char matched_of[MAX_FDS];

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* _exit is safe in a signal handler, and ending here leaves no window between testing a flag and blocking. */
static void on_terminate(int signal_number)
{
    (void)signal_number;
    _exit(EXIT_SUCCESS);
}

static void prepare_process(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, on_terminate);

    for (int i = 0; i < ANSWERS_IN_ONE_SEND; i++)
        memcpy(answers + i * ANSWER_BYTES, ANSWER, ANSWER_BYTES);

    /* Only a privileged process may raise the hard limit; without that the hard limit is the capacity. */
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        if (limit.rlim_max < MAX_FDS) {
            struct rlimit raised = {MAX_FDS, MAX_FDS};
            if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
                return;
        }
        limit.rlim_cur = limit.rlim_max < MAX_FDS ? limit.rlim_max : MAX_FDS;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int listen_on(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");

    int one = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
        die("setsockopt SO_REUSEADDR");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) < 0)
        die("setsockopt SO_REUSEPORT");
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        die("bind");
    if (listen(fd, 4096) < 0)
        die("listen");
    return fd;
}

static int port_argument(int argc, char **argv)
{
    char *end = NULL;
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (argc != 2 || *end != '\0' || port < 1 || port > 65535) {
        fprintf(stderr, "usage: %s PORT (1 to 65535)\n", argv[0]);
        exit(2);
    }
    return (int)port;
}

/* The next connection, non-blocking and without Nagle's delay; -1 with errno when there is none. */
static int accept_connection(int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            return -1;
        }
        if (fd >= MAX_FDS) {
            close(fd);
            errno = EMFILE;
            return -1;
        }
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        matched_of[fd] = 0;
        return fd;
    }
}

/* Whether accept failed for want of something that a closing connection gives back. */
static int is_out_of_resources(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/*
 * Sends everything, in one call unless the peer is slow. Waiting here stops every other connection while the socket
 * buffer is full, which a load generator that reads its answers never brings about.
 */
static int send_all(int fd, const char *at, size_t left)
{
    while (left > 0) {
        ssize_t sent = send(fd, at, left, 0);
        if (sent >= 0) {
            at += sent;
            left -= (size_t)sent;
        } else if (errno == EAGAIN) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

#ifndef ECHO
/* Counts the request heads that end in these bytes; *matched carries a terminator cut in two by the network. */
static int count_heads(const char *bytes, size_t count, unsigned char *matched)
{
    static const char terminator[] = {'\r', '\n', '\r', '\n'};
    const char *at = bytes, *end = bytes + count;
    int heads = 0;
    unsigned state = *matched;

    while (at < end) {
        if (state == 0) { /* most bytes: memchr passes over them many at a time */
            at = memchr(at, '\r', (size_t)(end - at));
            if (at == NULL)
                break;
            state = 1;
        } else if (*at == terminator[state]) {
            if (++state == sizeof(terminator)) {
                heads++;
                state = 0;
            }
        } else {
            state = *at == '\r';
        }
        at++;
    }
    *matched = (unsigned char)state;
    return heads;
}

static int send_answers(int fd, int heads)
{
    while (heads > 0) {
        int batch = heads < ANSWERS_IN_ONE_SEND ? heads : ANSWERS_IN_ONE_SEND;
        if (send_all(fd, answers, (size_t)batch * ANSWER_BYTES) < 0)
            return -1;
        heads -= batch;
    }
    return 0;
}
#endif

/* One recv and its answers. False when the connection has ended and has to be closed. */
static int serve(int fd)
{
    ssize_t received = recv(fd, receive_buffer, sizeof(receive_buffer), 0);
    if (received > 0)
#ifdef ECHO
        return send_all(fd, receive_buffer, (size_t)received) == 0;
#else
        return send_answers(fd, count_heads(receive_buffer, (size_t)received, &matched_of[fd])) == 0;
#endif
    return received < 0 && (errno == EAGAIN || errno == EINTR);
}

#endif
