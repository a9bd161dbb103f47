/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/wire.h"
