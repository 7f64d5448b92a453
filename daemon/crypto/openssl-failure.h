/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CRYPTO_OPENSSL_FAILURE_H
#define CRYPTO_OPENSSL_FAILURE_H

/*
 * OpenSSL has failed at what fails only if memory or random numbers run out. Says in the log that
 * we cannot do `what`, with OpenSSL's reason, and ends the program.
 */
void openssl_failure(const char *what) __attribute__((noreturn));

#endif
