package dev.leeway.sandbox;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A seccomp filter: which system calls a confined program may make. It takes away what reaches other processes or around the limits:
 * ptrace and its kin, new namespaces and mounts, memory that belongs to no process (System V segments, memfd), keyrings, bpf, io_uring,
 * and sockets of families that a network namespace doesn't hold (vsock reaches a virtual machine's host). All else is allowed.
 *
 * <p>The program is classic BPF over {@code struct seccomp_data} {int nr; u32 arch; u64 ip; u64 args[6]}; numbers from
 * asm/unistd_64.h and asm-generic/unistd.h.
 */
final class SyscallFilter {

    private static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final int EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private static final int AT_LEAST = 0x35; // BPF_JMP | BPF_JGE | BPF_K
    private static final int ANY_BIT = 0x45; // BPF_JMP | BPF_JSET | BPF_K
    private static final int RETURN = 0x06; // BPF_RET | BPF_K

    private static final int NUMBER_AT = 0;
    private static final int ARCH_AT = 4;
    private static final int FIRST_ARGUMENT_AT = 16; // its low half, on a little-endian machine

    private static final int ALLOW = 0x7FFF0000;
    private static final int KILL = 0x80000000; // the whole process
    private static final int EPERM = 0x00050000 + 1;
    private static final int ENOSYS = 0x00050000 + 38; // glibc takes clone instead of clone3 then
    private static final int EAFNOSUPPORT = 0x00050000 + 97;

    /** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
    private static final int NEW_NAMESPACES = 0x7E020000;
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    private static final int CLONE3 = 435;
    /** Calls that have one number everywhere: io_uring_*, open_tree … fspick, pidfd_getfd, mount_setattr, memfd_secret. */
    private static final int[] DENIED_EVERYWHERE = {425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442, 447};

    private enum Machine {
        // ptrace process_vm_readv process_vm_writev kcmp; shmget semget msgget memfd_create; keyctl add_key request_key; bpf
        // perf_event_open userfaultfd; mount umount2 pivot_root chroot unshare setns name_to_handle_at open_by_handle_at; quotactl swapon
        // swapoff reboot acct init_module finit_module delete_module kexec_load kexec_file_load
        AMD64(0xC000003E, 56, 41, 101, 310, 311, 312, 29, 64, 68, 319, 250, 248, 249, 321, 298, 323, 165, 166, 155, 161, 272, 308, 303, 304,
            179, 167, 168, 169, 163, 175, 313, 176, 246, 320),
        AARCH64(0xC00000B7, 220, 198, 117, 270, 271, 272, 194, 190, 186, 279, 219, 217, 218, 280, 241, 282, 40, 39, 41, 51, 97, 268, 264,
            265, 60, 224, 225, 142, 89, 105, 273, 106, 104, 294);

        private final int arch;
        private final int clone;
        private final int socket;
        private final int[] denied;

        Machine(int arch, int clone, int socket, int... denied) {
            this.arch = arch;
            this.clone = clone;
            this.socket = socket;
            this.denied = denied;
        }
    }

    private final ByteBuffer program = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);

    private SyscallFilter() {
    }

    /** The filter for an architecture by Java's name of it, as bwrap reads it; empty where none is written. */
    static Optional<byte[]> of(String architecture) {
        return switch (architecture.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> Optional.of(new SyscallFilter().build(Machine.AMD64));
            case "aarch64", "arm64" -> Optional.of(new SyscallFilter().build(Machine.AARCH64));
            default -> Optional.empty();
        };
    }

    private byte[] build(Machine machine) {
        add(LOAD, 0, 0, ARCH_AT);
        add(EQUAL, 1, 0, machine.arch);
        add(RETURN, 0, 0, KILL); // 32-bit calls have other numbers
        add(LOAD, 0, 0, NUMBER_AT);
        add(AT_LEAST, 0, 1, 0x40000000);
        add(RETURN, 0, 0, EPERM); // x32 calls
        IntStream.concat(IntStream.of(DENIED_EVERYWHERE), IntStream.of(machine.denied)).forEach(call -> {
            add(EQUAL, 0, 1, call);
            add(RETURN, 0, 0, EPERM);
        });
        add(EQUAL, 0, 1, CLONE3);
        add(RETURN, 0, 0, ENOSYS);
        add(EQUAL, 0, 4, machine.clone);
        add(LOAD, 0, 0, FIRST_ARGUMENT_AT);
        add(ANY_BIT, 0, 1, NEW_NAMESPACES);
        add(RETURN, 0, 0, EPERM);
        add(RETURN, 0, 0, ALLOW);
        add(EQUAL, 0, 5, machine.socket);
        add(LOAD, 0, 0, FIRST_ARGUMENT_AT);
        add(EQUAL, 3, 0, AF_UNIX);
        add(EQUAL, 2, 0, AF_INET);
        add(EQUAL, 1, 0, AF_INET6);
        add(RETURN, 0, 0, EAFNOSUPPORT);
        add(RETURN, 0, 0, ALLOW);
        var bytes = new byte[program.position()];
        program.flip().get(bytes);
        return bytes;
    }

    /** One {@code struct sock_filter}: jumps count instructions behind this one. */
    private void add(int code, int jumpIfTrue, int jumpIfFalse, int operand) {
        program.putShort((short) code).put((byte) jumpIfTrue).put((byte) jumpIfFalse).putInt(operand);
    }
}
