package dev.leeway.tensor;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.ffi.Table;
import dev.leeway.tensor.MemoryPlan.Purpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.IntFunction;

/**
 * Measures groups of tensors on the device: their squares, and how many of their elements are NaN or infinite. A group is one call; the
 * host waits for the results of all groups at once. It is used again and again.
 */
public final class SumSquares {

    private static final SequencedMap<String, Long> NONE = Collections.unmodifiableSequencedMap(new LinkedHashMap<>());

    /** Tensors that are measured together: their entries on the device, and the number of the first among all results. */
    private record Group(List<Tensor> tensors, Tensor table, int first, long tiles) {
    }

    /** Where the device has what was measured of a group. */
    private record Place(Region sums, Region nonfinite) {
    }

    private final List<Group> groups = new ArrayList<>();
    private final List<Place> places = new ArrayList<>();
    private final Tensor results;
    private final MemorySegment numbers;
    private final int count;

    /** Plans the measuring of these groups, whose tensors' memory comes from the same plan. */
    public SumSquares(String name, List<List<Tensor>> groups, MemoryPlan plan, Purpose purpose) {
        int tensors = 0;
        for (var group : groups) {
            var table = plan.reserve(purpose, name + ".table." + this.groups.size(), DType.U8,
                Table.bytes(Ops.SQUARES_TENSOR, group.size()));
            this.groups.add(new Group(List.copyOf(group), table, tensors, group.stream().mapToLong(SumSquares::tiles).sum()));
            tensors += group.size();
        }
        count = tensors;
        results = plan.reserve(purpose, name + ".results", DType.I64, 2, count);
        numbers = Arena.ofAuto().allocate(2L * Long.BYTES * count, Long.BYTES);
    }

    /** The tiles of a tensor in a table. */
    public static long tiles(Tensor tensor) {
        return Math.ceilDiv(tensor.count(), Ops.TENSOR_TILE);
    }

    /** Queues the measuring of a group; {@link #fetch} brings the results. */
    public void queue(Device device, int number) {
        if (places.isEmpty()) {
            groups.forEach(group -> place(device, group));
        }
        var group = groups.get(number);
        if (!group.tensors().isEmpty()) {
            device.call(Ops.SUM_SQUARES_TENSORS).i64("tensors", group.tensors().size()).i64("tiles", group.tiles())
                .at("table", group.table().region()).at("sum", sums(number)).at("nonfinite", counts(number)).run();
        }
    }

    private void place(Device device, Group group) {
        var table = new Table(Ops.SQUARES_TENSOR, group.tensors().size());
        long tile = 0;
        for (var tensor : group.tensors()) {
            table.next().i64("count", tensor.count()).i64("tile", tile).at("x", tensor.region()).dtype("dtype", tensor.dtype())
                .i32("reserved", 0).run();
            tile += tiles(tensor);
        }
        device.upload(table.memory(), group.table());
        long bytes = (long) group.tensors().size() * Long.BYTES;
        long first = (long) group.first() * Long.BYTES;
        places.add(new Place(results.region().slice(first, bytes), results.region().slice((long) count * Long.BYTES + first, bytes)));
    }

    /** Where the device has a group's sums, F64, once it was queued. */
    public Region sums(int number) {
        return places.get(number).sums();
    }

    /** Where the device has a group's counts, I64, once it was queued. */
    public Region counts(int number) {
        return places.get(number).nonfinite();
    }

    /** Waits for the results of all groups that were queued: the only time that the host waits. */
    public void fetch(Device device) {
        device.download(results, numbers);
    }

    /** The sum of a group's squares, in the order of its tensors. */
    public double total(int number) {
        var group = groups.get(number);
        double total = 0;
        for (int i = 0; i < group.tensors().size(); i++) {
            total += numbers.getAtIndex(ValueLayout.JAVA_DOUBLE, group.first() + i);
        }
        return total;
    }

    /** Those of a group that hold NaN or infinity, in their order: the tensor's name → how many elements. */
    public SequencedMap<String, Long> nonfinite(int number) {
        return nonfinite(number, i -> groups.get(number).tensors().get(i).name());
    }

    /** The same under other names. */
    public SequencedMap<String, Long> nonfinite(int number, IntFunction<String> nameOf) {
        var group = groups.get(number);
        var named = NONE;
        for (int i = 0; i < group.tensors().size(); i++) {
            long broken = numbers.getAtIndex(ValueLayout.JAVA_LONG, (long) count + group.first() + i);
            if (broken > 0) {
                named = named.isEmpty() ? new LinkedHashMap<>() : named;
                named.put(nameOf.apply(i), broken);
            }
        }
        return named;
    }
}
