/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RELAY_TRANSACTION_H
#define RELAY_TRANSACTION_H

#endif
