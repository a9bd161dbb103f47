/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUBMIT_DOCTOR_H
#define SUBMIT_DOCTOR_H

#endif
