// SPDX-License-Identifier: GPL-2.0-only
/* What of the host's ID registers a guest sees. */
#include "sysreg_env.h"

static const struct idregs_config plain = { .ipa_bits = 40, .gicv3 = false };
static const struct idregs_config gic = { .ipa_bits = 40, .gicv3 = true };

/* registers that show anything at all */
static const u32 shown[] = {
	IDREG_AA64PFR0, IDREG_AA64PFR1, IDREG_AA64DFR0, IDREG_AA64ISAR0, IDREG_AA64ISAR1,
	IDREG_AA64ISAR2, IDREG_AA64MMFR0, IDREG_AA64MMFR1, IDREG_AA64MMFR2,
};

static bool is_shown(u32 encoding)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shown); i++)
		if (shown[i] == encoding)
			return true;
	return false;
}

struct sample {
	u32 encoding;
	u64 host;
	u64 guest;
};

static void check_samples(const struct sample *s, unsigned int n)
{
	for (; n--; s++)
		assert_int_equal(idregs_filter(&gic, s->encoding, s->host), s->guest);
}

/* As QEMU 7.2 has them at EL2 with a GICv3. */
static void cortex_a57(void **state)
{
	static const struct sample samples[] = {
		{ IDREG_AA64PFR0, 0x0000000001000222, 0x0000000001000011 },
		{ IDREG_AA64PFR1, 0, 0 },
		{ IDREG_AA64DFR0, 0x0000000010305106, 0x000000f000101006 },
		{ IDREG_AA64ISAR0, 0x0000000000011120, 0x0000000000011120 },
		{ IDREG_AA64ISAR1, 0, 0 },
		{ IDREG_AA64ISAR2, 0, 0 },
		{ IDREG_AA64MMFR0, 0x0000000000001124, 0x0000000000000122 },
		{ IDREG_AA64MMFR1, 0, 0 },
		{ IDREG_AA64MMFR2, 0, 0 },
	};

	check_samples(samples, ARRAY_SIZE(samples));
}

static void neoverse_n1(void **state)
{
	static const struct sample samples[] = {
		{ IDREG_AA64PFR0, 0x1100000011110112, 0x1100000001110011 },
		{ IDREG_AA64PFR1, 0x0000000000000020, 0x0000000000000020 },
		{ IDREG_AA64DFR0, 0x0000000010305408, 0x000000f000101006 },
		{ IDREG_AA64ISAR0, 0x0000100010211120, 0x0000100010211120 },
		{ IDREG_AA64ISAR1, 0x0000000000100001, 0x0000000000100001 },
		{ IDREG_AA64ISAR2, 0, 0 },
		{ IDREG_AA64MMFR0, 0x0000000000101125, 0x0000000000100122 },
		{ IDREG_AA64MMFR1, 0x0000000010212122, 0x0000000000201002 },
		{ IDREG_AA64MMFR2, 0x0000000000001011, 0x0000000000000011 },
	};

	check_samples(samples, ARRAY_SIZE(samples));
}

static void qemu_max(void **state)
{
	static const struct sample samples[] = {
		{ IDREG_AA64PFR0, 0x1201001121110222, 0x1101000001110011 },
		{ IDREG_AA64PFR1, 0x0000000001000021, 0x0000000000000021 },
		{ IDREG_AA64DFR0, 0x0000000010305609, 0x000000f000101006 },
		{ IDREG_AA64ISAR0, 0x1221111110212120, 0x1221111110212120 },
		{ IDREG_AA64ISAR1, 0x0011111101211012, 0x0011111100211002 },
		{ IDREG_AA64ISAR2, 0, 0 },
		{ IDREG_AA64MMFR0, 0x0000032310201126, 0x0000000000100122 },
		{ IDREG_AA64MMFR1, 0x0000011010211122, 0x0000001000201002 },
		{ IDREG_AA64MMFR2, 0x1021011010011011, 0x1001001010010011 },
		{ IDREG(4, 4), 0x0110110100110021, 0 },	/* ID_AA64ZFR0_EL1 */
		{ IDREG(4, 5), 0x80f100fd00000000, 0 },	/* ID_AA64SMFR0_EL1 */
	};

	check_samples(samples, ARRAY_SIZE(samples));
}

/* The whole register for a host that has everything and more than there is. */
static void all_ones(void **state)
{
	static const struct sample samples[] = {
		/* CSV3 CSV2 - DIT - - - - - GIC AdvSIMD FP - - EL1 EL0 */
		{ IDREG_AA64PFR0, ~0ULL, 0x1101000001ff0011 },
		{ IDREG_AA64PFR1, ~0ULL, 0x0000000000000021 },
		{ IDREG_AA64DFR0, ~0ULL, 0x000000f000101006 },
		{ IDREG_AA64ISAR0, ~0ULL, 0x1221111110212120 },
		{ IDREG_AA64ISAR1, ~0ULL, 0x0011221100211002 },
		{ IDREG_AA64ISAR2, ~0ULL, 0x0010000010100010 },
		{ IDREG_AA64MMFR0, ~0ULL, 0x00000000ff110122 },
		{ IDREG_AA64MMFR1, ~0ULL, 0x1001102002301002 },
		{ IDREG_AA64MMFR2, ~0ULL, 0x1001001110110111 },
	};

	check_samples(samples, ARRAY_SIZE(samples));
}

/* Nothing is made up for a host that has nothing but what must be there. */
static void all_zero(void **state)
{
	u32 e;

	for (e = IDREG_FIRST; e <= IDREG_LAST; e++) {
		u64 v = idregs_filter(&plain, e, 0);

		if (e == IDREG_AA64PFR0)
			assert_int_equal(v, 0x11);
		else if (e == IDREG_AA64DFR0)
			assert_int_equal(v, 0x000000f000101006);
		else
			assert_int_equal(v, 0);
	}
}

struct hidden {
	const char *name;
	u32 encoding;
	u8 shift;
};

/* Features without traps, state or need behind them in the module. */
static const struct hidden hidden[] = {
	{ "EL2", IDREG_AA64PFR0, 8 },
	{ "EL3", IDREG_AA64PFR0, 12 },
	{ "RAS", IDREG_AA64PFR0, 28 },
	{ "SVE", IDREG_AA64PFR0, 32 },
	{ "SEL2", IDREG_AA64PFR0, 36 },
	{ "MPAM", IDREG_AA64PFR0, 40 },
	{ "AMU", IDREG_AA64PFR0, 44 },
	{ "RME", IDREG_AA64PFR0, 52 },
	{ "MTE", IDREG_AA64PFR1, 8 },
	{ "RAS_frac", IDREG_AA64PFR1, 12 },
	{ "MPAM_frac", IDREG_AA64PFR1, 16 },
	{ "SME", IDREG_AA64PFR1, 24 },
	{ "RNDR_trap", IDREG_AA64PFR1, 28 },
	{ "CSV2_frac", IDREG_AA64PFR1, 32 },
	{ "NMI", IDREG_AA64PFR1, 36 },
	{ "TraceVer", IDREG_AA64DFR0, 4 },
	{ "PMUVer", IDREG_AA64DFR0, 8 },
	{ "CTX_CMPs", IDREG_AA64DFR0, 28 },
	{ "PMSVer", IDREG_AA64DFR0, 32 },
	{ "TraceFilt", IDREG_AA64DFR0, 40 },
	{ "TraceBuffer", IDREG_AA64DFR0, 44 },
	{ "MTPMU", IDREG_AA64DFR0, 48 },
	{ "BRBE", IDREG_AA64DFR0, 52 },
	{ "HPMN0", IDREG_AA64DFR0, 60 },
	{ "TME", IDREG_AA64ISAR0, 24 },
	{ "APA", IDREG_AA64ISAR1, 4 },
	{ "API", IDREG_AA64ISAR1, 8 },
	{ "GPA", IDREG_AA64ISAR1, 24 },
	{ "GPI", IDREG_AA64ISAR1, 28 },
	{ "LS64", IDREG_AA64ISAR1, 60 },
	{ "WFxT", IDREG_AA64ISAR2, 0 },
	{ "GPA3", IDREG_AA64ISAR2, 8 },
	{ "APA3", IDREG_AA64ISAR2, 12 },
	{ "MOPS", IDREG_AA64ISAR2, 16 },
	{ "PAC_frac", IDREG_AA64ISAR2, 24 },
	{ "SNSMem", IDREG_AA64MMFR0, 12 },
	{ "TGran16_2", IDREG_AA64MMFR0, 32 },
	{ "TGran64_2", IDREG_AA64MMFR0, 36 },
	{ "TGran4_2", IDREG_AA64MMFR0, 40 },
	{ "ExS", IDREG_AA64MMFR0, 44 },
	{ "FGT", IDREG_AA64MMFR0, 56 },
	{ "ECV", IDREG_AA64MMFR0, 60 },
	{ "VMIDBits", IDREG_AA64MMFR1, 4 },
	{ "VH", IDREG_AA64MMFR1, 8 },
	{ "LO", IDREG_AA64MMFR1, 16 },
	{ "XNX", IDREG_AA64MMFR1, 28 },
	{ "TWED", IDREG_AA64MMFR1, 32 },
	{ "HCX", IDREG_AA64MMFR1, 40 },
	{ "TIDCP1", IDREG_AA64MMFR1, 52 },
	{ "CMOW", IDREG_AA64MMFR1, 56 },
	{ "IESB", IDREG_AA64MMFR2, 12 },
	{ "NV", IDREG_AA64MMFR2, 24 },
	{ "FWB", IDREG_AA64MMFR2, 40 },
	{ "BBM", IDREG_AA64MMFR2, 52 },
	{ "EVT", IDREG_AA64MMFR2, 56 },
};

/* Whatever the host says about them. */
static void hidden_fields(void **state)
{
	const struct hidden *h;
	unsigned int v;

	for (h = hidden; h < hidden + ARRAY_SIZE(hidden); h++) {
		for (v = 0; v < 16; v++) {
			u64 ones = ~0ULL, lone = (u64)v << h->shift;

			if (idregs_filter(&gic, h->encoding, lone) >> h->shift & 0xf)
				fail_msg("%s shows for %u", h->name, v);
			ones = (ones & ~(0xfULL << h->shift)) | lone;
			if (idregs_filter(&gic, h->encoding, ones) >> h->shift & 0xf)
				fail_msg("%s shows for %u among ones", h->name, v);
		}
	}
}

/* Registers of AArch32, of hidden features, and unallocated ones. */
static void zero_registers(void **state)
{
	u32 e, n = 0;

	for (e = IDREG_FIRST; e <= IDREG_LAST; e++) {
		if (is_shown(e))
			continue;
		assert_int_equal(idregs_filter(&gic, e, ~0ULL), 0);
		n++;
	}
	assert_int_equal(n, IDREG_COUNT - ARRAY_SIZE(shown));
	assert_int_equal(IDREG_COUNT, 56);
}

/* A guest has no more of a feature than the host has. */
static void never_more_than_host(void **state)
{
	unsigned int i, shift, v;

	for (i = 0; i < ARRAY_SIZE(shown); i++) {
		u64 none = idregs_filter(&gic, shown[i], 0);

		for (shift = 0; shift < 64; shift += 4) {
			/* made up: PFR0.{EL0,EL1,GIC}, DFR0 */
			if (none >> shift & 0xf)
				continue;
			for (v = 0; v < 8; v++) {
				u64 g = idregs_filter(&gic, shown[i], (u64)v << shift);

				assert_true((g >> shift & 0xf) <= v);
				/* and fields do not leak into each other */
				assert_int_equal(g & ~(0xfULL << shift), none);
			}
		}
	}
}

/* 0b1xxx says "not there" in these and must not become a limit. */
static void signed_fields(void **state)
{
	static const struct { u32 encoding; u8 shift; u64 max; } f[] = {
		{ IDREG_AA64PFR0, 16, 1 },	/* FP */
		{ IDREG_AA64PFR0, 20, 1 },	/* AdvSIMD */
		{ IDREG_AA64MMFR0, 24, 0 },	/* TGran64 */
		{ IDREG_AA64MMFR0, 28, 0 },	/* TGran4 */
	};
	unsigned int i;
	u64 v;

	for (i = 0; i < ARRAY_SIZE(f); i++) {
		for (v = 0; v < 16; v++) {
			u64 g = idregs_filter(&plain, f[i].encoding, v << f[i].shift);

			g = g >> f[i].shift & 0xf;
			assert_int_equal(g, v >= 8 ? v : min(v, f[i].max));
		}
	}
}

static void gic_field(void **state)
{
	u64 host;

	for (host = 0; host < 16; host++) {
		u64 v = host << 24;

		assert_int_equal(idregs_filter(&plain, IDREG_AA64PFR0, v) >> 24 & 0xf, 0);
		assert_int_equal(idregs_filter(&gic, IDREG_AA64PFR0, v) >> 24 & 0xf, 1);
	}
}

static void parange(void **state)
{
	static const u8 bits[] = { 32, 36, 40, 42, 44, 48, 52 };
	struct idregs_config cfg = { .gicv3 = true };
	u64 host;

	for (cfg.ipa_bits = 32; cfg.ipa_bits <= 52; cfg.ipa_bits++) {
		for (host = 0; host < 16; host++) {
			u64 g = idregs_filter(&cfg, IDREG_AA64MMFR0, host) & 0xf;

			assert_true(g <= host && g <= 5);
			/* covers the guest's memory, as far as the host can */
			if (g < host && g < 5)
				assert_true(bits[g] >= cfg.ipa_bits);
			/* and not a step more */
			if (g)
				assert_true(bits[g - 1] < cfg.ipa_bits);
		}
	}
}

/* The kernel warns about registers that it does not know. */
static void known_registers_only(void **state)
{
	unsigned int i;
	u32 e;

	env_init();
	for (i = 0; i < IDREG_COUNT; i++)
		env.ftr[i] = ~0ULL;
	idregs_init();
	assert_int_equal(env.unknown_ftrs, 0);
	for (e = IDREG_FIRST; e <= IDREG_LAST; e++)
		assert_int_equal(idregs_read(&gic, e), idregs_filter(&gic, e, ~0ULL));
	assert_int_equal(env.unknown_ftrs, 0);
}

/* What is not of a feature comes from the host as it is. */
static void host_identification(void **state)
{
	env_init();
	assert_int_equal(idregs_host()->revidr, ENV_REVIDR);
	assert_int_equal(idregs_host()->aidr, ENV_AIDR);
	assert_int_equal(idregs_host()->ctr, ENV_CTR);
	assert_int_equal(idregs_host()->clidr, ENV_CLIDR);
	assert_int_equal(idregs_host()->cntfrq, ENV_CNTFRQ);
}

/* Bits of PSTATE go with the features that they belong to. */
static void pstate_bits(void **state)
{
	static const u64 always = 0xf03003dfULL;
	static const struct { u32 encoding; u8 shift; u64 bits; } f[] = {
		{ IDREG_AA64PFR0, 48, 1ULL << 24 },	/* DIT */
		{ IDREG_AA64MMFR2, 4, 1ULL << 23 },	/* UAO */
		{ IDREG_AA64MMFR1, 20, 1ULL << 22 },	/* PAN */
		{ IDREG_AA64PFR1, 4, 1ULL << 12 },	/* SSBS */
		{ IDREG_AA64PFR1, 0, 3ULL << 10 },	/* BTYPE */
	};
	unsigned int i;

	env_init();
	memset(env.ftr, 0, sizeof(env.ftr));
	idregs_init();
	assert_int_equal(idregs_pstate_mask(&plain), always);
	for (i = 0; i < ARRAY_SIZE(f); i++) {
		memset(env.ftr, 0, sizeof(env.ftr));
		env.ftr[f[i].encoding - IDREG_FIRST] = 1ULL << f[i].shift;
		idregs_init();
		assert_int_equal(idregs_pstate_mask(&plain), always | f[i].bits);
	}
	/* no TCO, ALLINT, PM or whatever comes */
	memset(env.ftr, 0xff, sizeof(env.ftr));
	idregs_init();
	assert_int_equal(idregs_pstate_mask(&plain), 0xf1f01fdfULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(cortex_a57),
		cmocka_unit_test(neoverse_n1),
		cmocka_unit_test(qemu_max),
		cmocka_unit_test(all_ones),
		cmocka_unit_test(all_zero),
		cmocka_unit_test(hidden_fields),
		cmocka_unit_test(zero_registers),
		cmocka_unit_test(never_more_than_host),
		cmocka_unit_test(signed_fields),
		cmocka_unit_test(gic_field),
		cmocka_unit_test(parange),
		cmocka_unit_test(known_registers_only),
		cmocka_unit_test(host_identification),
		cmocka_unit_test(pstate_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
