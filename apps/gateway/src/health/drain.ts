/** Is the process on its way out? First it says so at `/ready`; later it takes no more calls. */
export class Drain {
  private draining = false;
  private refusing = false;

  get isDraining(): boolean {
    return this.draining;
  }

  get refusesCalls(): boolean {
    return this.refusing;
  }

  begin(): void {
    this.draining = true;
  }

  refuseCalls(): void {
    this.refusing = true;
  }
}
