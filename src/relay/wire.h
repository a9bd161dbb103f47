/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RELAY_WIRE_H
#define RELAY_WIRE_H

#endif
