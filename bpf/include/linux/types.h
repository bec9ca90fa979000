/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FQ_TYPES_H
#define FQ_TYPES_H
typedef signed char __s8; typedef unsigned char __u8;
typedef short __s16; typedef unsigned short __u16;
typedef int __s32; typedef unsigned int __u32;
typedef long long __s64; typedef unsigned long long __u64;
typedef __s8 s8; typedef __u8 u8; typedef __s16 s16; typedef __u16 u16;
typedef __s32 s32; typedef __u32 u32; typedef __s64 s64; typedef __u64 u64;
typedef __u16 __le16, __be16, __sum16; typedef __u32 __le32, __be32, __wsum; typedef __u64 __le64, __be64;
typedef __u64 __aligned_u64 __attribute__((aligned(8)));
#ifndef __aligned_u64
#define __aligned_u64 __u64 __attribute__((aligned(8)))
#endif
typedef _Bool bool; typedef __SIZE_TYPE__ size_t; typedef long ssize_t; typedef int pid_t; typedef unsigned int uid_t, gid_t;
typedef __u8 uint8_t; typedef __u16 uint16_t; typedef __u32 uint32_t; typedef unsigned long uint64_t; typedef unsigned long uintptr_t;
typedef __s32 int32_t; typedef long int64_t;
enum { false = 0, true = 1 };
#ifndef NULL
#define NULL ((void*)0)
#endif
#define __always_inline inline __attribute__((always_inline))
#define READ_ONCE(x) (*(volatile typeof(x)*)&(x))
#endif
