/*
 * The loop that Reactor is held against: one-shot IOCB_CMD_POLL for every connection, all polls of a turn in one
 * io_submit, completions harvested from the ring in user memory, plain recv and send. No second recv before
 * re-arming: it fails nearly always and was measured to cost 5%.
 * usage: aio_loop PORT
 */
#define _GNU_SOURCE
#include "plaintext.h"

#include <linux/aio_abi.h>
#include <sys/syscall.h>

/* The head of the completion ring, which the kernel maps at the address that io_setup returns (fs/aio.c). */
struct aio_ring {
    unsigned id;
    unsigned nr;
    unsigned head; /* written here only */
    unsigned tail; /* written by the kernel only */
    unsigned magic;
    unsigned compat_features;
    unsigned incompat_features;
    unsigned header_length;
    struct io_event events[];
};

#define RING_MAGIC 0xa10a10a1u
enum { RING_HEADER_BYTES = 32, EVENTS_A_WAIT = 64 };

static aio_context_t context;
static struct aio_ring *ring;
static int listener;
static int listening = 1; /* zero while out of descriptors: the listener's poll would complete at once, for ever */

/* Each fd has at most one poll, queued, armed or in the ring, so one iocb for each is enough. */
static struct iocb iocbs[MAX_FDS];
static struct iocb *queued[MAX_FDS];
static long queued_count;

static void arm(int fd)
{
    queued[queued_count++] = &iocbs[fd];
}

static void prepare_poll(int fd)
{
    iocbs[fd] = (struct iocb){
        .aio_data = (__u64)fd,
        .aio_fildes = (__u32)fd,
        .aio_lio_opcode = IOCB_CMD_POLL,
        .aio_buf = POLLIN,
    };
}

static void accept_all(void)
{
    int fd;
    while ((fd = accept_connection(listener)) >= 0) {
        prepare_poll(fd);
        arm(fd);
    }
    if (is_out_of_resources(errno))
        listening = 0;
    else if (errno == EAGAIN)
        arm(listener);
    else
        die("accept4");
}

static void close_connection(int fd)
{
    /* The poll has just completed and is not armed again: nothing pins the file, so close alone sends the FIN. */
    close(fd);
    if (!listening) {
        listening = 1;
        arm(listener);
    }
}

/* What the completion says is a hint only (it is the wake-up's key, not our mask); recv tells. */
static void complete(const struct io_event *event)
{
    int fd = (int)event->data;
    if (fd == listener)
        accept_all();
    else if (serve(fd))
        arm(fd);
    else
        close_connection(fd);
}

static void open_ring(void)
{
    /* Charged to fs.aio-max-nr, and promised: with one poll for each fd the context can never be full. */
    if (syscall(SYS_io_setup, MAX_FDS, &context) < 0)
        die("io_setup (is fs.aio-max-nr used up?)");
    ring = (struct aio_ring *)context;
    if (ring->magic != RING_MAGIC || ring->incompat_features != 0 || ring->header_length != RING_HEADER_BYTES) {
        fprintf(stderr, "aio_loop: the completion ring is not of the form known here\n");
        exit(EXIT_FAILURE);
    }
}

/* Takes everything out of the ring without a system call; returns how many completions there were. */
static unsigned harvest(void)
{
    unsigned head = ring->head;
    unsigned tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE); /* pairs with the kernel's store after the event */
    unsigned count = 0;
    while (head != tail) {
        complete(&ring->events[head]);
        head = head + 1 == ring->nr ? 0 : head + 1;
        count++;
    }
    if (count > 0)
        __atomic_store_n(&ring->head, head, __ATOMIC_RELEASE); /* only now may the kernel overwrite them */
    return count;
}

static void submit(void)
{
    long done = 0;
    while (done < queued_count) {
        long taken = syscall(SYS_io_submit, context, queued_count - done, queued + done);
        if (taken <= 0)
            die("io_submit");
        done += taken;
    }
    queued_count = 0;
}

static void wait_for_completion(void)
{
    struct io_event events[EVENTS_A_WAIT];
    long count = syscall(SYS_io_getevents, context, 1L, (long)EVENTS_A_WAIT, events, NULL);
    if (count < 0 && errno != EINTR)
        die("io_getevents");
    for (long i = 0; i < count; i++)
        complete(&events[i]);
}

int main(int argc, char **argv)
{
    int port = port_argument(argc, argv);
    prepare_process();
    listener = listen_on(port);
    open_ring();
    prepare_poll(listener);
    arm(listener);

    for (;;) {
        submit();
        if (harvest() == 0)
            wait_for_completion();
    }
}
