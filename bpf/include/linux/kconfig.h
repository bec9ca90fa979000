/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FQ_KCONFIG_H
#define FQ_KCONFIG_H
#define CONFIG_BPF_SYSCALL 1
#endif
