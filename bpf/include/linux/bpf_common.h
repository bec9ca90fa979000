/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FQ_BPF_COMMON_H
#define FQ_BPF_COMMON_H
#define BPF_CLASS(code) ((code) & 0x07)
#define BPF_LD 0x00
#define BPF_W 0x00
#define BPF_B 0x10
#define BPF_MAXINSNS 4096
#endif
