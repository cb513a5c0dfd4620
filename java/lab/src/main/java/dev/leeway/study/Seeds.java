package dev.leeway.study;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Seeds that are made of a seed and a name. */
final class Seeds {

    private Seeds() {
    }

    /** Not negative, and below 2³¹, as seeds of commands are. */
    static long of(long seed, String name) {
        var digest = HexFormat.of().parseHex(Hash.of((seed + "\n" + name).getBytes(StandardCharsets.UTF_8)));
        return ByteBuffer.wrap(digest).getInt() & Integer.MAX_VALUE;
    }
}
