package dev.leeway.data;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Shuffles what doesn't fit in memory: holds some elements, hands out one of them at random and puts the next one in its place. Every
 * element comes once; how far it can come before its turn is bounded by the buffer. The seed decides.
 */
final class ShuffleBuffer<T> implements Iterator<T> {

    private final Iterator<T> source;
    private final int capacity;
    private final Draws draws;
    private final List<T> held = new ArrayList<>();

    ShuffleBuffer(Iterator<T> source, int capacity, long seed, long epoch) {
        this.source = source;
        this.capacity = capacity;
        this.draws = new Draws(seed, epoch);
    }

    @Override
    public boolean hasNext() {
        return !held.isEmpty() || source.hasNext();
    }

    @Override
    public T next() {
        while (held.size() < capacity && source.hasNext()) {
            held.add(source.next());
        }
        if (held.isEmpty()) {
            throw new NoSuchElementException();
        }
        int drawn = draws.below(held.size());
        T chosen = held.get(drawn);
        T last = held.removeLast();
        if (drawn < held.size()) {
            held.set(drawn, last);
        }
        return chosen;
    }
}
