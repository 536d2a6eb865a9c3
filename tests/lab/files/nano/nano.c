/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * nano: a Xen PV guest for tests. It needs 4 MiB, is up in milliseconds, prints DOMU_READY and its uuid on its console,
 * obeys control/shutdown (poweroff, halt, reboot, suspend, crash) as Linux does, and lets go of its devices when the
 * backend asks, so that xl's block-detach and network-detach work. It drives no device and does not balloon.
 * Otherwise it sleeps in SCHEDOP_poll: a hundred of them cost nothing.
 *
 * Words of its command line: lab.poweroff, lab.reboot, lab.crash (at once), lab.noshutdown (ignore requests).
 */
#include "xen.h"

#define FRAMES_PER_PAGE 512
#define P2M_LIST_PAGES 8 /* enough for 8 * 512 * 512 frames: 8 GiB */

static struct shared_info shared_page __attribute__((aligned(4096)));
static u64 p2m_list_of_lists[FRAMES_PER_PAGE] __attribute__((aligned(4096)));
static u64 p2m_lists[P2M_LIST_PAGES][FRAMES_PER_PAGE] __attribute__((aligned(4096)));

static volatile struct shared_info *const shared = &shared_page;
static struct start_info *start;
static volatile struct xenstore_ring *store;
static volatile struct console_ring *console;
static u32 store_port, console_port;

/* the payload of the last xenstore message, ended by a NUL */
static char answer[4100];
static u32 answer_len;
/* A watch event that arrives while we wait for an answer only sets this: every event makes us look at everything. */
static int something_changed;

/* ---- the C library, as far as needed (gcc itself calls memcpy and memset) ---- */

void *memcpy(void *to, const void *from, u64 n)
{
	char *t = to;
	const char *f = from;

	while (n--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int c, u64 n)
{
	char *t = to;

	while (n--)
		*t++ = c;
	return to;
}

static u64 length(const char *s)
{
	u64 n = 0;

	while (s[n])
		n++;
	return n;
}

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static int contains(const char *text, const char *word)
{
	u64 i, n = length(word);

	for (; *text; text++) {
		for (i = 0; i < n && text[i] == word[i]; i++)
			;
		if (i == n)
			return 1;
	}
	return 0;
}

/* to = a + b + c + d; NULL ends the list early */
static void concat(char *to, const char *a, const char *b, const char *c, const char *d)
{
	const char *parts[] = { a, b, c, d };

	*to = 0;
	for (int i = 0; i < 4 && parts[i]; i++) {
		u64 n = length(parts[i]);

		memcpy(to, parts[i], n + 1);
		to += n;
	}
}

static void decimal(u64 value, char *to)
{
	char reversed[24];
	int n = 0;

	do
		reversed[n++] = '0' + value % 10;
	while (value /= 10);
	while (n)
		*to++ = reversed[--n];
	*to = 0;
}

/* ---- memory, events, console ---- */

static void *virtual_of(u64 mfn)
{
	return (void *)(VIRT_BASE + (MACHINE_TO_PHYS[mfn] << PAGE_SHIFT));
}

static u64 frame_of(const void *virtual)
{
	return ((u64)virtual - VIRT_BASE) >> PAGE_SHIFT;
}

static u64 mfn_of(u64 frame)
{
	return ((const u64 *)start->mfn_list)[frame];
}

static void notify(u32 port)
{
	hypercall(HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&port, 0, 0);
}

static void shut_down(u32 reason)
{
	hypercall(HYPERVISOR_sched_op, SCHEDOP_shutdown, (u64)&reason, 0, 0);
}

static void say(const char *text)
{
	u32 producer = console->out_prod;

	while (*text && producer - console->out_cons < sizeof(console->out))
		console->out[producer++ % sizeof(console->out)] = *text++;
	memory_fence();
	console->out_prod = producer;
	notify(console_port);
}

/* ---- xenstore (docs/misc/xenstore.txt, xen/include/public/io/xs_wire.h) ---- */

static void clear_event(void)
{
	__asm__ __volatile__("lock; andq %1, %0"
			     : "+m"(*(u64 *)&shared->evtchn_pending[store_port / 64])
			     : "r"(~(1UL << (store_port % 64)))
			     : "memory");
}

static void sleep_until_event(void)
{
	u32 ports[] = { store_port };
	struct sched_poll poll = { ports, 1, 0, 0 };

	hypercall(HYPERVISOR_sched_op, SCHEDOP_poll, (u64)&poll, 0, 0);
}

static void send(const void *data, u32 n)
{
	const char *from = data;

	while (n--) {
		clear_event();
		while (store->req_prod - store->req_cons >= sizeof(store->req)) {
			sleep_until_event();
			clear_event();
		}
		store->req[store->req_prod % sizeof(store->req)] = *from++;
		barrier();
		store->req_prod++;
	}
}

/* to may be NULL: read and forget */
static void receive(void *to, u32 n)
{
	char *t = to;

	while (n--) {
		clear_event();
		while (store->rsp_prod == store->rsp_cons) {
			sleep_until_event();
			clear_event();
		}
		barrier();
		char c = store->rsp[store->rsp_cons % sizeof(store->rsp)];
		memory_fence();
		store->rsp_cons++;
		if (t)
			*t++ = c;
		/* tell xenstored that there is room again: at the end, and in between for long messages */
		if (!n || store->rsp_cons % 512 == 0)
			notify(store_port);
	}
}

static u32 receive_message(void)
{
	struct xenstore_header header;

	receive(&header, sizeof(header));
	answer_len = header.len < sizeof(answer) - 4 ? header.len : sizeof(answer) - 4;
	receive(answer, answer_len);
	if (header.len > answer_len)
		receive(0, header.len - answer_len);
	answer[answer_len] = 0;
	return header.type;
}

/* send type with the two pieces of payload; true if xenstored did it */
static int request(u32 type, const char *a, u32 a_len, const char *b, u32 b_len)
{
	struct xenstore_header header = { type, 1, 0, a_len + b_len };
	u32 got;

	send(&header, sizeof(header));
	send(a, a_len);
	send(b, b_len);
	memory_fence();
	notify(store_port);
	while ((got = receive_message()) == XS_WATCH_EVENT)
		something_changed = 1;
	return got != XS_ERROR;
}

static int store_read(const char *path)
{
	return request(XS_READ, path, length(path) + 1, 0, 0);
}

static int store_write(const char *path, const char *value)
{
	return request(XS_WRITE, path, length(path) + 1, value, length(value));
}

static void store_watch(const char *path)
{
	request(XS_WATCH, path, length(path) + 1, "t", 2);
}

/* ---- what the guest does ---- */

/* The lists of our frames, by which the toolstack finds our memory when it saves us. */
static void publish_p2m(void)
{
	u64 pages = (start->nr_pages + FRAMES_PER_PAGE - 1) / FRAMES_PER_PAGE;

	memset(p2m_lists, 0, sizeof(p2m_lists));
	for (u64 i = 0; i < pages && i < P2M_LIST_PAGES * FRAMES_PER_PAGE; i++)
		p2m_lists[i / FRAMES_PER_PAGE][i % FRAMES_PER_PAGE] = mfn_of(frame_of((void *)start->mfn_list) + i);
	for (int i = 0; i < P2M_LIST_PAGES; i++)
		p2m_list_of_lists[i] = mfn_of(frame_of(p2m_lists[i]));
	shared->pfn_to_mfn_frame_list_list = mfn_of(frame_of(p2m_list_of_lists));
	shared->max_pfn = start->nr_pages;
	shared->p2m_vaddr = 0;
}

/* At the start and after a resume: everything that start_info names has moved. */
static void attach(void)
{
	hypercall(HYPERVISOR_update_va_mapping, (u64)&shared_page, start->shared_info | PTE_PRESENT_RW_USER, UVMF_INVLPG, 0);
	store = virtual_of(start->store_mfn);
	console = virtual_of(start->console_mfn);
	store_port = start->store_evtchn;
	console_port = start->console_evtchn;
	/* we poll: no upcall, ever */
	for (int i = 0; i < 64; i++)
		shared->evtchn_mask[i] = ~0UL;
	shared->vcpu[0].upcall_mask = 1;
	publish_p2m();
}

static void set_watches(void)
{
	store_watch("control/shutdown");
	store_watch("device");
}

static void suspend(void)
{
	/* in a saved image these two are our frames; the toolstack makes them machine frames again */
	u64 store_frame = MACHINE_TO_PHYS[start->store_mfn];
	u64 console_frame = MACHINE_TO_PHYS[start->console_mfn];
	u32 reason = SHUTDOWN_suspend;

	start->store_mfn = store_frame;
	start->console_mfn = console_frame;
	hypercall(HYPERVISOR_update_va_mapping, (u64)&shared_page, 0, UVMF_INVLPG, 0);
	long cancelled = hypercall(HYPERVISOR_sched_op, SCHEDOP_shutdown, (u64)&reason, mfn_of(frame_of(start)), 0);
	if (cancelled) {
		start->store_mfn = mfn_of(store_frame);
		start->console_mfn = mfn_of(console_frame);
	}
	attach();
	if (!cancelled)
		set_watches();
	say("nano: resumed\r\n");
}

static void obey(int ignore_shutdown)
{
	char order[64];

	if (!store_read("control/shutdown") || !answer_len)
		return;
	concat(order, answer_len < sizeof(order) ? answer : "", 0, 0, 0);
	store_write("control/shutdown", "");
	if (equal(order, "suspend"))
		suspend();
	else if (ignore_shutdown)
		say("nano: request ignored\r\n");
	else if (equal(order, "poweroff") || equal(order, "halt"))
		shut_down(SHUTDOWN_poweroff);
	else if (equal(order, "reboot"))
		shut_down(SHUTDOWN_reboot);
	else if (equal(order, "crash"))
		shut_down(SHUTDOWN_crash);
}

/* Close every device of the kind (vif, vbd, pci) whose backend is closing: states 5 and 6 of XenbusState. */
static void release_devices(const char *kind)
{
	char directory[64], list[2048], device[256], path[300], backend_state[300];

	concat(directory, "device/", kind, 0, 0);
	if (!request(XS_DIRECTORY, directory, length(directory) + 1, 0, 0))
		return;
	u32 n = answer_len < sizeof(list) - 1 ? answer_len : sizeof(list) - 1;
	memcpy(list, answer, n);
	list[n] = 0;
	for (u32 i = 0; i < n; i += length(list + i) + 1) {
		concat(device, directory, "/", list + i, 0);
		concat(path, device, "/backend", 0, 0);
		if (!store_read(path) || answer_len > 200)
			continue;
		concat(backend_state, answer, "/state", 0, 0);
		store_watch(backend_state);
		if (!store_read(backend_state))
			continue;
		char theirs = answer[0];
		concat(path, device, "/state", 0, 0);
		if (!store_read(path))
			continue;
		char ours = answer[0];
		if ((theirs == '5' || theirs == '6') && ours != '6') {
			store_write(path, "5");
			store_write(path, "6");
		}
	}
}

static void say_ready(void)
{
	char number[24];

	decimal(start->nr_pages / 256, number);
	say("nano: up, ");
	say(number);
	say(" MiB\r\nDOMU_READY ");
	/* "vm" holds "/vm/UUID" */
	say(store_read("vm") && answer_len > 4 ? answer + 4 : "?");
	say("\r\n");
}

void nano_main(struct start_info *info)
{
	start = info;
	attach();
	say_ready();
	if (contains(start->cmd_line, "lab.poweroff"))
		shut_down(SHUTDOWN_poweroff);
	if (contains(start->cmd_line, "lab.reboot"))
		shut_down(SHUTDOWN_reboot);
	if (contains(start->cmd_line, "lab.crash"))
		shut_down(SHUTDOWN_crash);
	int ignore_shutdown = contains(start->cmd_line, "lab.noshutdown");

	store_write("control/feature-poweroff", "1");
	store_write("control/feature-reboot", "1");
	store_write("control/feature-suspend", "1");
	set_watches();
	for (;;) {
		something_changed = 0;
		obey(ignore_shutdown);
		release_devices("vif");
		release_devices("vbd");
		release_devices("pci");
		while (!something_changed)
			if (receive_message() == XS_WATCH_EVENT)
				something_changed = 1;
	}
}
