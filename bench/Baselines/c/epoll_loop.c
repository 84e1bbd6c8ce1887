/*
 * The cheapest loop that epoll allows: level-triggered, every connection registered once, plain recv and send.
 * usage: epoll_loop PORT
 */
#define _GNU_SOURCE
#include "plaintext.h"

#include <sys/epoll.h>

enum { EVENTS_A_TURN = 512 };

static int epoll_fd;
static int listener;
static int listening = 1; /* zero while out of descriptors: a level-triggered listener would spin */

static void watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl add");
}

static void accept_all(void)
{
    int fd;
    while ((fd = accept_connection(listener)) >= 0)
        watch(fd);
    if (is_out_of_resources(errno)) {
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, listener, NULL);
        listening = 0;
    } else if (errno != EAGAIN) {
        die("accept4");
    }
}

static void close_connection(int fd)
{
    close(fd); /* the only reference, so this takes it out of the epoll set, too */
    if (!listening) {
        listening = 1;
        watch(listener);
    }
}

int main(int argc, char **argv)
{
    int port = port_argument(argc, argv);
    prepare_process();
    listener = listen_on(port);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        die("epoll_create1");
    watch(listener);

    static struct epoll_event events[EVENTS_A_TURN];
    for (;;) {
        int ready = epoll_wait(epoll_fd, events, EVENTS_A_TURN, -1);
        if (ready < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                accept_all();
            else if (!serve(fd))
                close_connection(fd);
        }
    }
}
