package dev.leeway.model;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Which pages of a key/value cache are free, and how many lanes hold each of the others. A page is free again when nobody holds it. */
final class Pages {

    private final int[] holders;
    private final int[] free;
    private int freeCount;
    private int most;

    Pages(int count) {
        holders = new int[count];
        free = IntStream.range(0, count).toArray();
        freeCount = count;
    }

    /** Pages that so many tokens take. */
    static int of(int tokens) {
        return (tokens + KeyValueCache.PAGE_SIZE - 1) / KeyValueCache.PAGE_SIZE;
    }

    int free() {
        return freeCount;
    }

    int inUse() {
        return free.length - freeCount;
    }

    /** The most that were in use at a time since the last {@link #restart}. */
    int most() {
        return most;
    }

    /** A free page, which the caller holds from now on. */
    int take() {
        if (freeCount == 0) {
            throw new IllegalStateException("all " + free.length + " pages are in use");
        }
        int page = free[--freeCount];
        holders[page] = 1;
        most = Math.max(most, inUse());
        return page;
    }

    /** One more holds the page. */
    void share(int page) {
        holders[page]++;
    }

    /** One less holds the page. */
    void release(int page) {
        if (--holders[page] == 0) {
            free[freeCount++] = page;
        }
    }

    /** Nobody holds a page, and none was ever in use. */
    void restart() {
        Arrays.fill(holders, 0);
        Arrays.setAll(free, page -> page);
        freeCount = free.length;
        most = 0;
    }
}
