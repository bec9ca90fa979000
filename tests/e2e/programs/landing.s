# Functions that others enter behind the first instruction, as glibc's memmove is entered by mempcpy.
	.text
	.globl behind_push, enters_behind_its_push, behind_move, enters_behind_its_move
	.type behind_push, @function
behind_push:
	endbr64
	mov %edi, %eax
.Lbehind_push:
	push %rax
	pop %rcx
	ret
	.size behind_push, .-behind_push

	.type enters_behind_its_push, @function
enters_behind_its_push:
	lea 1(%rdi), %eax
	jmp .Lbehind_push
	.size enters_behind_its_push, .-enters_behind_its_push

	.type behind_move, @function
behind_move:
	mov %edi, %eax
.Lbehind_move:
	test %eax, %eax
	je 1f
	inc %eax
1:	ret
	.size behind_move, .-behind_move
	.skip 300, 0x90

	.type enters_behind_its_move, @function
enters_behind_its_move:
	lea 2(%rdi), %eax
	jmp .Lbehind_move
	.size enters_behind_its_move, .-enters_behind_its_move
	.section .note.GNU-stack,"",@progbits
