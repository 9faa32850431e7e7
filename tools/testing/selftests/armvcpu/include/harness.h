/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small test harness: the macros that kselftests are written with, KTAP out.
 *
 * Each case runs in a child process of its own, in a process group of its own,
 * under a timeout; whatever it leaves behind is killed with it. An assertion
 * that fails ends the child, from whichever thread. Comparisons take what is
 * expected first and what was seen second.
 *
 *	program			run all cases
 *	program PATTERN...	run those that a glob or a part of a name names
 *	program --list		print the names
 *	program --scale N	multiply all timeouts, for slow machines; so does
 *				the environment variable SLOW
 *
 * With THOROUGH=1 in the environment, cases do as often as they were meant to what
 * they do many times, else as often as "make check" has time for (th_many()).
 *
 * The exit status is 0, 1 when a case failed, or 4 when all were skipped.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define TH_PASS		0
#define TH_FAIL		1
#define TH_SKIP		4

#define TH_TIMEOUT	60	/* seconds that a case may take, unless it says more */
extern unsigned int th_scale;	/* how many times that, and the like, on this machine */

struct th_variant {
	const char *name;
	const void *data;
	struct th_variant *next;
};

struct th_fixture {
	const char *name;
	struct th_variant *variants, **last;
};

struct th_case {
	const char *name;
	struct th_fixture *fixture;	/* NULL: a plain TEST() */
	void (*fn)(const void *variant);
	unsigned int timeout;
	struct th_case *next;
};

/**
 * th_many() - how many times, or for how long
 * @thorough: where there is time enough: "make check-all"
 * @quick: elsewhere
 *
 * The recorded breaks (tools/testing/mutants) are tried with @quick, too.
 *
 * Return: one of them.
 */
unsigned long th_many(unsigned long thorough, unsigned long quick);

void th_add_case(struct th_case *c);
void th_add_variant(struct th_fixture *f, struct th_variant *v);
int th_main(int argc, char **argv);

/**
 * th_log() - print a diagnostic line
 * @fmt: as printf(); "# " before and a newline after it are added
 */
void th_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * th_fail() - say where and why, and fail the case
 * @fatal: end the case at once
 */
void th_fail(const char *file, int line, bool fatal, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** th_skip() - end the case as skipped, with a reason */
void th_skip(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/** th_exit() - end the case, passed unless an EXPECT_*() failed */
void th_exit(void) __attribute__((noreturn));

#define TH_LOG(...)	th_log(__VA_ARGS__)
#define SKIP(statement, ...)	do { th_skip(__VA_ARGS__); statement; } while (0)

/* End the case as failed. */
#define FAIL(...)	do {						\
	th_fail(__FILE__, __LINE__, true, __VA_ARGS__);			\
	abort();							\
} while (0)

#define __TH_INIT(name)	__attribute__((constructor)) static void name(void)

#define TEST_TIMEOUT(name, seconds)					\
	static void name(void);						\
	static void name##_run(const void *v)				\
	{								\
		(void)v;						\
		name();							\
	}								\
	__TH_INIT(name##_add)						\
	{								\
		static struct th_case c = {				\
			#name, NULL, name##_run, seconds, NULL,		\
		};							\
		th_add_case(&c);					\
	}								\
	static void name(void)

#define TEST(name)	TEST_TIMEOUT(name, TH_TIMEOUT)

/* FIXTURE(name) { members }; */
#define FIXTURE(f)							\
	struct f##_variant;						\
	static struct th_fixture f##_fixture = { #f, NULL, NULL };	\
	struct f##_data

#define FIXTURE_SETUP(f)						\
	static void f##_setup(struct f##_data *self __attribute__((unused)), \
		const struct f##_variant *variant __attribute__((unused)))

#define FIXTURE_TEARDOWN(f)						\
	static void f##_teardown(struct f##_data *self __attribute__((unused)), \
		const struct f##_variant *variant __attribute__((unused)))

/* FIXTURE_VARIANT(name) { members }; FIXTURE_VARIANT_ADD(name, v) { values }; */
#define FIXTURE_VARIANT(f)	struct f##_variant

#define FIXTURE_VARIANT_ADD(f, v)					\
	static const struct f##_variant f##_##v##_data;			\
	__TH_INIT(f##_##v##_add)					\
	{								\
		static struct th_variant var = {			\
			#v, &f##_##v##_data, NULL,			\
		};							\
		th_add_variant(&f##_fixture, &var);			\
	}								\
	static const struct f##_variant f##_##v##_data =

#define TEST_F_TIMEOUT(f, name, seconds)				\
	static void f##_##name(struct f##_data *self,			\
			       const struct f##_variant *variant);	\
	static void f##_##name##_run(const void *v)			\
	{								\
		static struct f##_data self;				\
									\
		f##_setup(&self, v);					\
		f##_##name(&self, v);					\
		f##_teardown(&self, v);					\
	}								\
	__TH_INIT(f##_##name##_add)					\
	{								\
		static struct th_case c = {				\
			#name, &f##_fixture, f##_##name##_run, seconds, NULL, \
		};							\
		th_add_case(&c);					\
	}								\
	static void f##_##name(struct f##_data *self __attribute__((unused)), \
		const struct f##_variant *variant __attribute__((unused)))

#define TEST_F(f, name)	TEST_F_TIMEOUT(f, name, TH_TIMEOUT)

#define __TH_CMP(want, seen, op, fatal) do {				\
	__typeof__((want) + 0) __want = (want);				\
	__typeof__((seen) + 0) __seen = (seen);				\
									\
	if (!(__want op __seen))					\
		th_fail(__FILE__, __LINE__, fatal,			\
			"%s (%lld, 0x%llx) " #op " %s (%lld, 0x%llx) is not so", \
			#want, (long long)__want, (unsigned long long)__want, \
			#seen, (long long)__seen, (unsigned long long)__seen); \
} while (0)

#define ASSERT_EQ(want, seen)	__TH_CMP(want, seen, ==, true)
#define ASSERT_NE(want, seen)	__TH_CMP(want, seen, !=, true)
#define ASSERT_LT(want, seen)	__TH_CMP(want, seen, <, true)
#define ASSERT_LE(want, seen)	__TH_CMP(want, seen, <=, true)
#define ASSERT_GT(want, seen)	__TH_CMP(want, seen, >, true)
#define ASSERT_GE(want, seen)	__TH_CMP(want, seen, >=, true)
#define EXPECT_EQ(want, seen)	__TH_CMP(want, seen, ==, false)
#define EXPECT_NE(want, seen)	__TH_CMP(want, seen, !=, false)
#define EXPECT_LT(want, seen)	__TH_CMP(want, seen, <, false)
#define EXPECT_LE(want, seen)	__TH_CMP(want, seen, <=, false)
#define EXPECT_GT(want, seen)	__TH_CMP(want, seen, >, false)
#define EXPECT_GE(want, seen)	__TH_CMP(want, seen, >=, false)

#define __TH_TRUE(cond, fatal) do {					\
	if (!(cond))							\
		th_fail(__FILE__, __LINE__, fatal, "%s is not so", #cond); \
} while (0)

#define ASSERT_TRUE(cond)	__TH_TRUE(cond, true)
#define ASSERT_FALSE(cond)	__TH_TRUE(!(cond), true)
#define EXPECT_TRUE(cond)	__TH_TRUE(cond, false)
#define EXPECT_FALSE(cond)	__TH_TRUE(!(cond), false)

#define TEST_HARNESS_MAIN						\
	int main(int argc, char **argv)					\
	{								\
		return th_main(argc, argv);				\
	}

#endif /* HARNESS_H */
