package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

/** Rooms are filled again; what was taken out of one to be kept does not change with it. */
final class TokenScoresTest {

    @Test
    void keptScoresDoNotChangeWhenTheirRoomIsFilledAgain() {
        var room = new TokenScores();
        var column = room.room(Column.LOG_PROB, 2);
        column[0] = -1;
        column[1] = -2;
        var entropy = new double[] {0.5, 0.25};
        var kept = room.copy();
        var more = room.with(Column.ENTROPY, entropy);
        room.clear();
        assertSame(column, room.room(Column.LOG_PROB, 2), "the room's array is used again");
        column[0] = -7;
        entropy[1] = 9;
        assertArrayEquals(new double[] {-1, -2}, kept.logProb());
        assertArrayEquals(new double[] {-1, -2}, more.logProb());
        assertArrayEquals(new double[] {0.5, 0.25}, more.column(Column.ENTROPY));
    }

    @Test
    void keptGradientsDoNotChangeWhenTheirRoomIsFilledAgain() {
        var room = new TokenGradients();
        room.room(Column.LOG_PROB, 1)[0] = 3;
        var kept = room.with(Column.ENTROPY, new double[] {4});
        room.clear();
        room.room(Column.LOG_PROB, 1)[0] = 5;
        assertArrayEquals(new double[] {3}, kept.column(Column.LOG_PROB).orElseThrow());
    }
}
