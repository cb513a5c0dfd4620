package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PackerTest {

    @Test
    void theLongestGoesFirst() {
        // 7 and 6 open bins, 4 joins the 6, 3 joins the 7, 2 finds both full. In the order given, 2 and 7 would share a bin.
        assertEquals(List.of(List.of(2), List.of(7, 3), List.of(4, 6)), lengths(Packer.pack(Units.ofLengths(2, 7, 4, 6, 3), 10)));
    }

    @Test
    void amongBinsWithRoomTheFullestIsTaken() {
        // 12 and 11 leave 8 and 9, 10 a third bin; 8 fits all of them and leaves nothing beside the 12.
        assertEquals(List.of(List.of(10), List.of(11), List.of(12, 8)), lengths(Packer.pack(Units.ofLengths(10, 11, 12, 8), 20)));
    }

    @Test
    void everyUnitIsInOneBinWholeAndNoBinOverflows() {
        var draws = new Draws(3, 0);
        int[] lengths = new int[5000];
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = 1 + draws.below(1 << (1 + draws.below(10)));
        }
        List<Example> units = Units.ofLengths(lengths);
        Packing<Example> packing = Packer.pack(units, 1024);
        assertTrue(packing.bins().stream().allMatch(bin -> bin.stream().mapToInt(Example::length).sum() <= 1024));
        assertEquals(units, packing.bins().stream().flatMap(List::stream).sorted(Comparator.comparingLong(Example::unitId)).toList());
        assertEquals(packing, Packer.pack(units, 1024));
        // No packing has fewer bins than the tokens need; best fit decreasing stays within one bin of that on so many small units.
        long needed = Math.ceilDiv(packing.tokens(), 1024);
        assertTrue(packing.bins().size() <= needed + 1, packing.summary());
    }

    @Test
    void bothSequencesOfAPairStayTogether() {
        PreferenceExample pair = new PreferenceExample(Units.ofLength(6, 0), Units.ofLength(5, 0));
        assertEquals(11, pair.length());
        assertEquals(List.of(List.of(pair)), Packer.pack(List.of(pair), 11).bins());
        var refused = assertThrows(LeewayException.class, () -> Packer.pack(List.of(pair), 10));
        assertEquals("row 1 has 11 tokens and a bin holds 10; raise --max_length, or cut rows to it", refused.getMessage());
    }

    @Test
    void theFillRateIsOfAllBins() {
        Packing<Example> packing = Packer.pack(Units.ofLengths(5, 5, 5), 10);
        assertEquals(0.75, packing.fillRate());
        assertEquals("3 rows in 2 bins of 10 tokens, 75.0 % filled", packing.summary());
        assertEquals(0, Packer.pack(List.<Example>of(), 10).fillRate());
    }

    private static List<List<Integer>> lengths(Packing<Example> packing) {
        return packing.bins().stream().map(bin -> bin.stream().map(Example::length).toList()).toList();
    }
}
