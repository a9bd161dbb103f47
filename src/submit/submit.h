/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUBMIT_SUBMIT_H
#define SUBMIT_SUBMIT_H

#endif
