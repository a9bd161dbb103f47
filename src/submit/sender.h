/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUBMIT_SENDER_H
#define SUBMIT_SENDER_H

#endif
