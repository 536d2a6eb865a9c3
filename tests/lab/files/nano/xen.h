/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The few parts of Xen's public interface (xen/include/public) that the nano guest talks to, on x86-64.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define VIRT_BASE 0xffffffff80000000UL
/* the hypervisor's read-only table: machine frame -> our frame */
#define MACHINE_TO_PHYS ((const u64 *)0xffff800000000000UL)

#define barrier() __asm__ __volatile__("" ::: "memory")
#define memory_fence() __asm__ __volatile__("mfence" ::: "memory")

enum { HYPERVISOR_update_va_mapping = 14, HYPERVISOR_sched_op = 29, HYPERVISOR_event_channel_op = 32 };
enum { SCHEDOP_shutdown = 2, SCHEDOP_poll = 3 };
enum { SHUTDOWN_poweroff = 0, SHUTDOWN_reboot = 1, SHUTDOWN_suspend = 2, SHUTDOWN_crash = 3 };
enum { EVTCHNOP_send = 4 };
enum { UVMF_INVLPG = 2 };
enum { PTE_PRESENT_RW_USER = 7 };

extern long hypercall(long number, u64 a, u64 b, u64 c, u64 d);

struct start_info {
	char magic[32];
	u64 nr_pages, shared_info;
	u32 flags, pad0;
	u64 store_mfn;
	u32 store_evtchn, pad1;
	u64 console_mfn;
	u32 console_evtchn, pad2;
	u64 pt_base, nr_pt_frames, mfn_list, mod_start, mod_len;
	char cmd_line[1024];
};

struct vcpu_info {
	u8 upcall_pending, upcall_mask, pad[6];
	u64 pending_sel, arch[2];
	u8 time[32];
};

struct shared_info {
	struct vcpu_info vcpu[32];
	u64 evtchn_pending[64], evtchn_mask[64];
	u32 wc_version, wc_sec, wc_nsec, wc_sec_hi;
	/* arch: how the toolstack finds our frames when it saves us */
	u64 max_pfn, pfn_to_mfn_frame_list_list, nmi_reason, p2m_cr3, p2m_vaddr, p2m_generation;
};

struct sched_poll {
	u32 *ports;
	u32 nr_ports, pad;
	u64 timeout;
};

struct console_ring {
	char in[1024], out[2048];
	u32 in_cons, in_prod, out_cons, out_prod;
};

struct xenstore_ring {
	char req[1024], rsp[1024];
	u32 req_cons, req_prod, rsp_cons, rsp_prod;
};

struct xenstore_header {
	u32 type, req_id, tx_id, len;
};

enum { XS_DIRECTORY = 1, XS_READ = 2, XS_WATCH = 4, XS_WRITE = 11, XS_WATCH_EVENT = 15, XS_ERROR = 16 };
