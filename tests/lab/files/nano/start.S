/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entry of the nano guest: the notes by which Xen's domain builder knows a PV kernel (xen/include/public/elfnote.h),
 * the first instructions, and the way into the hypervisor. The rest is in nano.c.
 */
#define NOTE(type, description...)					\
	.pushsection .note.Xen, "a", @note;				\
	.align 4; .long 4, 2f - 1f, type; .asciz "Xen";			\
1:	description;							\
2:	.align 4; .popsection

	NOTE(6,  .asciz "nano")			/* GUEST_OS */
	NOTE(5,  .asciz "xen-3.0")		/* XEN_VERSION */
	NOTE(3,  .quad 0xffffffff80000000)	/* VIRT_BASE */
	NOTE(4,  .quad 0)			/* PADDR_OFFSET */
	NOTE(1,  .quad _start)			/* ENTRY */
	NOTE(2,  .quad hypercall_page)		/* HYPERCALL_PAGE: Xen fills it in */
	NOTE(8,  .asciz "generic")		/* LOADER */
	NOTE(9,  .asciz "yes")			/* PAE_MODE */
	NOTE(10, .asciz "!writable_page_tables|pae_pgdir_above_4gb") /* FEATURES */
	NOTE(14, .long 1)			/* SUSPEND_CANCEL: a save may be followed by going on */

	.text
	.globl _start, hypercall, hypercall_page
_start:
	cld
	leaq	stack_end(%rip), %rsp
	movq	%rsi, %rdi		/* Xen passes the start_info page in rsi */
	xorl	%ebp, %ebp
	call	nano_main
1:	jmp	1b

/* long hypercall(number, a, b, c, d): C passes rdi, rsi, rdx, rcx, r8; Xen wants rdi, rsi, rdx, r10 and the
 * 32-byte slot of that number in the hypercall page. */
hypercall:
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	shlq	$5, %rax
	leaq	hypercall_page(%rip), %r11
	addq	%r11, %rax
	call	*%rax
	ret

	.balign 4096
hypercall_page:
	.fill	4096, 1, 0xcc

	.bss
	.balign 4096
	.fill	16384, 1, 0
stack_end:
	.section .note.GNU-stack, "", @progbits
