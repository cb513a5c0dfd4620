package dev.leeway.study;

import dev.leeway.stats.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.stream.Collectors;

/**
 * Parts of a contrast that ask the same items, for their cells have the same exam and slice: each item has their weighted sum.
 *
 * @param exam of the cells
 * @param parts what is added up
 * @param unit what of its items is drawn independently
 */
record ContrastGroup(String exam, List<Contrast.Part> parts, Contrast.Unit unit) {

    /**
     * What a group's models of one seed got.
     *
     * @param units of all items that a cell asks, by the item
     * @param sums of the items that have a value in every cell
     */
    record OfSeed(SequencedMap<String, String> units, SequencedMap<String, Double> sums) {

        /** Of these items, each unit's mean. */
        double[] means(SequencedSet<String> items) {
            return items.stream().collect(Collectors.groupingBy(units::get, LinkedHashMap::new, Collectors.averagingDouble(sums::get)))
                .values().stream().mapToDouble(Double::doubleValue).toArray();
        }

        /** Over the units of all its items, of which there is one at least. */
        double mean() {
            return Sample.mean(means(new LinkedHashSet<>(sums.keySet())));
        }
    }

    /**
     * What all seeds have in common.
     *
     * @param units that have an item with a value in every cell of every seed
     * @param sums (seeds)(units): over such items
     * @param leftOut items that some cell asks and that are not such
     */
    record Common(List<String> units, double[][] sums, int leftOut) {
    }

    /** Of a contrast, in the order of its parts. */
    static List<ContrastGroup> of(Contrast contrast) {
        var groups = new LinkedHashMap<List<String>, List<Contrast.Part>>();
        contrast.parts().forEach(part -> groups.computeIfAbsent(List.of(part.cell().exam(), part.cell().slice()), _ -> new ArrayList<>())
            .add(part));
        return groups.entrySet().stream().map(group -> new ContrastGroup(group.getKey().getFirst(), group.getValue(), contrast.unit()))
            .toList();
    }

    OfSeed of(Findings.Outcomes outcomes, long seed) {
        var units = new LinkedHashMap<String, String>();
        var cells = new ArrayList<Map<String, Double>>();
        for (var part : parts) {
            var values = new LinkedHashMap<String, Double>();
            for (var outcome : part.cell().asked(outcomes.of(part.cell().arm(), exam, seed))) {
                units.put(outcome.item(), unit.of(outcome.item(), outcome.slices()));
                if (outcome.values().containsKey(part.cell().measure())) {
                    values.put(outcome.item(), part.weight() * outcome.values().get(part.cell().measure()));
                }
            }
            cells.add(values);
        }
        var sums = new LinkedHashMap<String, Double>();
        units.keySet().stream().filter(item -> cells.stream().allMatch(cell -> cell.containsKey(item))).forEach(item ->
            sums.put(item, cells.stream().mapToDouble(cell -> cell.get(item)).sum()));
        return new OfSeed(units, sums);
    }

    /** Of seeds, each of which may lack items that others have. */
    static Common common(List<OfSeed> seeds) {
        var items = seeds.stream().map(seed -> new LinkedHashSet<>(seed.sums().keySet())).reduce((one, other) -> {
            one.retainAll(other);
            return one;
        }).orElseGet(LinkedHashSet::new);
        long asked = seeds.stream().flatMap(seed -> seed.units().keySet().stream()).distinct().count();
        var units = items.stream().map(item -> seeds.getFirst().units().get(item)).distinct().toList();
        return new Common(units, seeds.stream().map(seed -> seed.means(items)).toArray(double[][]::new), (int) asked - items.size());
    }
}
