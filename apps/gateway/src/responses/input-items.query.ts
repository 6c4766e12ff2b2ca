import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

/** `GET /responses/{id}/input_items` */
export class InputItemsQuery {
  @IsOptional() @IsInt() @Min(1) @Max(100) limit?: number;
  @IsOptional() @IsIn(['asc', 'desc']) order?: 'asc' | 'desc';
  @IsOptional() @IsString() after?: string;
}
