package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Best fit, decreasing: the longest unit first, each into the fullest bin that still takes it (Ding et al. 2024, "Fewer Truncations Improve
 * Language Modeling"). No unit is ever cut. The same units give the same bins: among units of one length the earlier one comes first,
 * among bins equally full the one opened first.
 */
public final class Packer {

    private final int capacity;
    private final List<List<Integer>> bins = new ArrayList<>();
    private final Map<Integer, Deque<Integer>> binsByRoom = new HashMap<>();
    private final BitSet rooms = new BitSet();

    private Packer(int capacity) {
        this.capacity = capacity;
    }

    /**
     * Packs units. Bins and the units in them stay in the order of the data set, a bin standing where its first unit stands.
     *
     * @param capacity tokens a bin may hold
     * @throws LeewayException if a unit is longer than a bin
     */
    public static <U extends Unit> Packing<U> pack(List<U> units, int capacity) {
        int[] lengths = units.stream().mapToInt(Unit::length).toArray();
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] > capacity) {
                throw LeewayException.usage("row %d has %,d tokens and a bin holds %,d; raise --max_length, or cut rows to it",
                        units.get(i).unitId() + 1, lengths[i], capacity);
            }
        }
        var packer = new Packer(capacity);
        decreasing(lengths).forEach(index -> packer.place(index, lengths[index]));
        return new Packing<>(packer.inOrder().stream().map(bin -> bin.stream().map(units::get).toList()).toList(), capacity);
    }

    private static List<Integer> decreasing(int[] lengths) {
        List<Integer> order = new ArrayList<>(lengths.length);
        for (int i = 0; i < lengths.length; i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingInt((Integer index) -> lengths[index]).reversed()); // stable
        return order;
    }

    private void place(int unit, int length) {
        int room = rooms.nextSetBit(length);
        int bin = room < 0 ? open() : take(room);
        bins.get(bin).add(unit);
        int left = (room < 0 ? capacity : room) - length;
        binsByRoom.computeIfAbsent(left, _ -> new ArrayDeque<>()).add(bin);
        rooms.set(left);
    }

    private int open() {
        bins.add(new ArrayList<>());
        return bins.size() - 1;
    }

    private int take(int room) {
        Deque<Integer> equallyFull = binsByRoom.get(room);
        int bin = equallyFull.remove();
        if (equallyFull.isEmpty()) {
            rooms.clear(room);
        }
        return bin;
    }

    private List<List<Integer>> inOrder() {
        bins.forEach(bin -> bin.sort(Comparator.naturalOrder()));
        bins.sort(Comparator.comparing(List::getFirst));
        return bins;
    }
}
