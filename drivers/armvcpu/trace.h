/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM armvcpu

#if !defined(ARMVCPU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ARMVCPU_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(armvcpu_entry,
	TP_PROTO(u32 vcpu, u64 pc),
	TP_ARGS(vcpu, pc),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u64, pc)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->pc = pc;
	),
	TP_printk("vcpu %u pc 0x%016llx", __entry->vcpu, __entry->pc)
);

TRACE_EVENT(armvcpu_exit,
	TP_PROTO(u32 vcpu, u32 kind, u64 esr, u64 pc, u64 far),
	TP_ARGS(vcpu, kind, esr, pc, far),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u32, kind)
		__field(u64, esr)
		__field(u64, pc)
		__field(u64, far)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->kind = kind;
		__entry->esr = esr;
		__entry->pc = pc;
		__entry->far = far;
	),
	TP_printk("vcpu %u %s ec 0x%02llx iss 0x%07llx pc 0x%016llx far 0x%016llx",
		  __entry->vcpu,
		  __print_symbolic(__entry->kind & 0xff, { 0, "irq" }, { 1, "sync" },
				   { 2, "serror" }, { 3, "illegal" }),
		  __entry->esr >> 26 & 0x3f, __entry->esr & 0x1ffffff,
		  __entry->pc, __entry->far)
);

TRACE_EVENT(armvcpu_mmio,
	TP_PROTO(u32 vcpu, u64 ipa, u32 len, bool write, u64 data),
	TP_ARGS(vcpu, ipa, len, write, data),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u64, ipa)
		__field(u32, len)
		__field(bool, write)
		__field(u64, data)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->ipa = ipa;
		__entry->len = len;
		__entry->write = write;
		__entry->data = data;
	),
	TP_printk("vcpu %u %s ipa 0x%llx len %u data 0x%llx", __entry->vcpu,
		  __entry->write ? "write" : "read", __entry->ipa, __entry->len,
		  __entry->data)
);

TRACE_EVENT(armvcpu_sysreg,
	TP_PROTO(u32 vcpu, u32 encoding, bool write, u64 value),
	TP_ARGS(vcpu, encoding, write, value),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u32, encoding)
		__field(bool, write)
		__field(u64, value)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->encoding = encoding;
		__entry->write = write;
		__entry->value = value;
	),
	TP_printk("vcpu %u %s S%u_%u_C%u_C%u_%u 0x%llx", __entry->vcpu,
		  __entry->write ? "msr" : "mrs", (__entry->encoding >> 14) & 3,
		  (__entry->encoding >> 11) & 7, (__entry->encoding >> 7) & 15,
		  (__entry->encoding >> 3) & 15, __entry->encoding & 7, __entry->value)
);

TRACE_EVENT(armvcpu_fault,
	TP_PROTO(u32 vcpu, u64 ipa, u64 esr, int result),
	TP_ARGS(vcpu, ipa, esr, result),
	TP_STRUCT__entry(
		__field(u32, vcpu)
		__field(u64, ipa)
		__field(u64, esr)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->ipa = ipa;
		__entry->esr = esr;
		__entry->result = result;
	),
	TP_printk("vcpu %u ipa 0x%llx esr 0x%llx result %d", __entry->vcpu,
		  __entry->ipa, __entry->esr, __entry->result)
);

TRACE_EVENT(armvcpu_irq_line,
	TP_PROTO(u32 type, u32 irq, u32 vcpu, u32 level),
	TP_ARGS(type, irq, vcpu, level),
	TP_STRUCT__entry(
		__field(u32, type)
		__field(u32, irq)
		__field(u32, vcpu)
		__field(u32, level)
	),
	TP_fast_assign(
		__entry->type = type;
		__entry->irq = irq;
		__entry->vcpu = vcpu;
		__entry->level = level;
	),
	TP_printk("type %u irq %u vcpu %u level %u", __entry->type, __entry->irq,
		  __entry->vcpu, __entry->level)
);

#endif /* ARMVCPU_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#include <trace/define_trace.h>
