/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Characters and names of protocols, which are ASCII whatever the locale is:
 * strcasecmp and isalpha would ask the locale.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stddef.h>
#include <string.h>

/* c in lower case when it is an ASCII letter, else c. */
static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* And the other way. */
static inline char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* 1 when the octets are the same without regard to the case of letters. */
static inline int
ascii_is_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t i;

	if (a_len != b_len)
		return 0;
	for (i = 0; i < a_len; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return 0;
	return 1;
}

/* 1 when those octets are that word. */
static inline int
ascii_is_word(const char *p, size_t len, const char *word)
{
	return ascii_is_equal(p, len, word, strlen(word));
}

/* The same of two texts. */
static inline int
ascii_is_same(const char *a, const char *b)
{
	while (*a != '\0' && ascii_lower(*a) == ascii_lower(*b)) {
		a++;
		b++;
	}
	return ascii_lower(*a) == ascii_lower(*b);
}

/* 1 when text starts with those letters, without regard to their case. */
static inline int
ascii_has_prefix(const char *text, const char *prefix)
{
	while (*prefix != '\0' && ascii_lower(*text) == ascii_lower(*prefix)) {
		text++;
		prefix++;
	}
	return *prefix == '\0';
}

static inline int
ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline int
ascii_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* Space or horizontal tab. */
static inline int
ascii_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Blank, CR or LF: what folding white space is made of. */
static inline int
ascii_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The C0 controls and DEL. */
static inline int
ascii_is_control(char c)
{
	return (unsigned char)c < 32 || c == 127;
}

/*
 * Takes a decimal number of 0 to max (below LLONG_MAX / 10) from *p, which a
 * space or the end of the text follows, and moves behind that space. 0, or -1:
 * it is none, and *p is where it was.
 */
static inline int
ascii_take_number(const char **p, long long max, long long *number)
{
	const char *q = *p;
	long long n = 0;

	if (!ascii_is_digit(*q))
		return -1;
	while (n <= max && ascii_is_digit(*q))
		n = 10 * n + (*q++ - '0');
	if (n > max || (*q != '\0' && *q != ' '))
		return -1;
	*number = n;
	*p = *q == ' ' ? q + 1 : q;
	return 0;
}

/* Value of a hexadecimal digit, -1 for any other character. */
static inline int
ascii_hex_value(char c)
{
	c = ascii_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
